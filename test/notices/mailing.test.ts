/** Serious notices reach the person whom the business named for them. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { changeAccount } from '../../src/accounts/account.ts';
import { keptMail } from '../../src/mail/outbox-page.ts';
import { mailNotices } from '../../src/notices/mailing.ts';
import { Notices } from '../../src/notices/model.ts';
import { type NewNotice, raiseNotice } from '../../src/notices/notices.ts';
import { asOperator, withTenant } from '../../src/store/scope.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { type Business, openBusiness } from '../support/fixtures.ts';
import { personOf } from '../support/people.ts';

let ctx: TestContext;
let aleph: Business;
let bet: Business;

beforeAll(async () => {
  ctx = await testContext();
  aleph = await openBusiness(ctx, 'Aleph');
  bet = await openBusiness(ctx, 'Bet');
  await withTenant(aleph.tenantId, () =>
    changeAccount(ctx, {
      tenantId: aleph.tenantId,
      actor: 'user:usr_1',
      change: {
        contactPerson: { name: 'Dana Levi', email: 'dana@aleph.example', phone: '+972501234567' },
      },
    }),
  );
});
afterAll(() => ctx.close());

let raised = 0;
const raise = ({ tenantId }: Business, text: string, more: Partial<NewNotice> = {}) =>
  withTenant(tenantId, () =>
    raiseNotice(ctx, {
      tenantId,
      kind: 'token',
      event: 'EXPIRES',
      severity: 'warning',
      unique: [`${(raised += 1)}`],
      text,
      at: new Date(ctx.clock.now()),
      ...more,
    }),
  );
const mail = () => asOperator('test', () => mailNotices(ctx));
const letters = async ({ tenantId }: Business) =>
  (await keptMail(ctx)).filter((letter) => letter.tenantId === tenantId);

describe('row 10: operational notices', () => {
  it('row 10: go to the contact person by mail, those that wait in one letter; what is only news does not', async () => {
    await raise(aleph, 'The token ends in 3 days.');
    await raise(aleph, 'The number was paused.', { severity: 'critical' });
    await raise(aleph, 'A template was approved.', { severity: 'info' });
    await raise(aleph, 'Of the history.', { quiet: true });
    expect(await mail()).toBe(2);
    const [letter, ...more] = await letters(aleph);
    expect(more).toEqual([]);
    expect(letter).toMatchObject({ to: 'dana@aleph.example', category: 'account' });
    expect(letter?.subject).toContain('Aleph');
    const text = letter?.lines.join('\n') ?? '';
    for (const said of ['The token ends in 3 days.', 'The number was paused.']) expect(text).toContain(said);
    for (const news of ['approved', 'history']) expect(text).not.toContain(news);
    expect(await mail()).toBe(0);
    expect(await letters(bet)).toEqual([]);
  });

  it('row 10: a letter that was written before a crash is not written again', async () => {
    const before = (await letters(aleph)).length;
    await raise(aleph, 'The account is restricted.');
    const broken = jest.spyOn(ctx.store.model(Notices), 'updateMany').mockImplementationOnce(() => {
      throw new Error('killed');
    });
    await expect(mail()).rejects.toThrow('killed');
    broken.mockRestore();
    expect(await letters(aleph)).toHaveLength(before + 1);
    await mail();
    expect(await letters(aleph)).toHaveLength(before + 1);
  });

  it('row 10: without a contact person they go to the owner’s address, once it is proven', async () => {
    await raise(bet, 'The number was paused.');
    expect(await mail()).toBe(0);
    const owner = await personOf(ctx, bet, { role: 'owner', language: 'he' });
    await raise(bet, 'The number was paused again.');
    expect(await mail()).toBe(1);
    expect(await letters(bet)).toEqual([expect.objectContaining({ to: owner.email, language: 'he' })]);
  });
});
