import { describe, expect, it } from '@jest/globals';

import { problemInHebrew } from '../../console/i18n/problems-he.ts';
import { deviceOf } from '../../console/my-sign-in/device.ts';
import { leastCharacters, missingCharacters } from '../../console/my-sign-in/password-rule.ts';
import type { Reject } from '../../src/ops/errors.ts';
import { requireGoodPassword } from '../../src/sign-in/passwords.ts';

/** What the server says of a password. */
function refusalOf(password: string, hasSecondFactor: boolean): Reject | null {
  try {
    requireGoodPassword(password, { hasSecondFactor, names: ['Aleph Bakery'] });
    return null;
  } catch (error) {
    return error as Reject;
  }
}

describe('the rule of passwords in the console', () => {
  it.each([true, false])('asks for as many characters as the server (second factor: %s)', (strong) => {
    const least = leastCharacters(strong);
    const word = (length: number) => 'kq7zvw2mnb5tyh9xd'.slice(0, length);
    expect(refusalOf(word(least - 1), strong)?.message).toContain(`at least ${least} characters`);
    expect(refusalOf(word(least), strong)).toBeNull();
    expect(missingCharacters(word(least - 1), strong)).toBe(1);
    expect(missingCharacters(word(least), strong)).toBe(0);
  });

  it('counts as the server does: letters of two units once, in Unicode form NFKC', () => {
    expect(missingCharacters('😀'.repeat(7), true)).toBe(1);
    expect(missingCharacters('e\u0301'.repeat(8), true)).toBe(0);
  });

  it('has Hebrew words of its own for each thing that the server finds wrong', () => {
    const general = problemInHebrew({ kind: 'weak-password', detail: '', retryAfterMs: null });
    const said = [
      'short',
      'x'.repeat(257),
      'passwordpassword',
      '1234567890123456',
      'alephbakery-alephbakery',
    ].map((password) => refusalOf(password, false)?.message ?? '');
    const hebrew = [...said, 'The password must be another one than before.'].map((detail) =>
      problemInHebrew({ kind: 'weak-password', detail, retryAfterMs: null }),
    );
    expect(hebrew).not.toContain(general);
    expect(hebrew.every((words) => words !== undefined && /[א-ת]/.test(words))).toBe(true);
    expect(hebrew[0]).toContain('15');
  });
});

describe('devices in the list of sessions', () => {
  it.each([
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/147.0.0.0 Safari/537.36',
      'Chrome on Windows',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/147.0.0.0 Safari/537.36 Edg/147.0.0.0',
      'Edge on Windows',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 Version/19.0 Mobile Safari/604.1',
      'Safari on iPhone',
    ],
    [
      'Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 SamsungBrowser/29.0 Chrome/140 Mobile Safari/537.36',
      'Samsung Internet on Android',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0', 'Firefox on Linux'],
  ])('%s', (userAgent, words) => {
    const device = deviceOf(userAgent);
    expect(`${device?.browser} on ${device?.system}`).toBe(words);
  });

  it('a program is none', () => {
    expect(deviceOf('curl/8.5.0')).toBeNull();
    expect(deviceOf('')).toBeNull();
  });
});
