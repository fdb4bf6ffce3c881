import { describe, expect, it } from '@jest/globals';
import { argon2id, hash } from 'argon2';

import { blockedBecause } from '../../src/sign-in/block-list.ts';
import { checkPassword, hashPassword, requireGoodPassword } from '../../src/sign-in/passwords.ts';

const alone = { hasSecondFactor: false, names: ['Salon Dana', 'Dana', 'Levi', 'dana.levi@salon.example'] };
const problemOf = (password: string, rules = alone): string => {
  try {
    requireGoodPassword(password, rules);
    return 'taken';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('row 142: the rules of passwords', () => {
  it('T-AU: password of 64 characters and more, T-AU: password in Unicode, T-AU: password with spaces: all are taken', () => {
    for (const good of [
      'x9 '.repeat(21) + 'q',
      `${'ab cd ef gh ij '.repeat(17)}z`,
      'סיסמה ארוכה עם רווחים',
      '🐘 slon и жираф 長い',
    ]) {
      expect(problemOf(good)).toBe('taken');
    }
  });

  it.each([
    ['fourteen chars', 'at least 15'],
    ['correct horse battery', 'taken'],
    ['סיסמה ארוכה עם רווחים', 'taken'],
    ['🐘 slon и жираф 長い', 'taken'],
    ['x9 '.repeat(21) + 'q', 'taken'],
    [`${'ab cd ef gh ij '.repeat(17)}z`, 'taken'],
    ['q7 '.repeat(86), 'at most 256'],
    ['🐘🐘🐘🐘🐘🐘🐘', 'at least 15'],
  ])('%j: %s', (password, said) => {
    expect(problemOf(password)).toContain(said);
  });

  it('eight characters do with a second factor', () => {
    expect(problemOf('mv8 Xq2k', { ...alone, hasSecondFactor: true })).toBe('taken');
    expect(problemOf('mv8 Xq2', { ...alone, hasSecondFactor: true })).toContain('at least 8');
  });

  it.each([
    'passwordpassword',
    'Password1234567',
    'P@ssw0rdP@ssw0rd',
    '123456789012345',
    'qwertyuiopasdfghjkl',
    'aaaaaaaaaaaaaaaaaa',
    'abcabcabcabcabc',
    'zzzz1111zzzz1111',
    'iloveyou 123456789',
    'whatsper forever!',
    'my WhatsApp gateway',
    'wh4tsper-is-mine',
    'the salon dana one',
    'SalonDana-2026-ok',
    'levi goes shopping',
    'Dana.Levi and co.!',
  ])(
    'T-AU: block-listed password, or T-AU: password with the name of product, business or person: %s',
    (password) => {
      expect(blockedBecause(password, alone.names)).not.toBeNull();
      expect(problemOf(password)).not.toBe('taken');
    },
  );

  it('says nothing of the password in its refusal', () => {
    expect(problemOf('salon dana 123456')).not.toContain('123456');
  });
});

describe('row 142: what is kept of a password', () => {
  it('is a slow salted hash, with its parameters', async () => {
    const [one, other] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,p=1,t=2\$/);
    expect(one).not.toBe(other);
    expect(await checkPassword(one, 'correct horse')).toEqual({ isRight: true, isOld: false });
    expect(await checkPassword(one, 'correct horse ')).toMatchObject({ isRight: false });
  });

  it('fits the same words in another Unicode form, and every one of its characters', async () => {
    const encoded = await hashPassword(`caf\u00e9 ${'x'.repeat(80)}1`);
    expect(await checkPassword(encoded, `cafe\u0301 ${'x'.repeat(80)}1`)).toMatchObject({ isRight: true });
    expect(await checkPassword(encoded, `caf\u00e9 ${'x'.repeat(80)}2`)).toMatchObject({ isRight: false });
  });

  it('tells when its parameters are old', async () => {
    const old = await hash('correct horse', {
      type: argon2id,
      memoryCost: 8_192,
      timeCost: 2,
      parallelism: 1,
    });
    expect(await checkPassword(old, 'correct horse')).toEqual({ isRight: true, isOld: true });
  });

  it('nobody has the password of nobody', async () => {
    expect(await checkPassword(undefined, 'the password of nobody')).toMatchObject({ isRight: false });
  });

  it('a flood of sign-ins is refused beyond what can wait', async () => {
    const flood = await Promise.allSettled(Array.from({ length: 110 }, () => hashPassword('x')));
    const refused = flood.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(8);
    expect((refused[0] as PromiseRejectedResult).reason).toMatchObject({ status: 503, problem: 'busy' });
  });
});
