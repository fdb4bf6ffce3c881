/** Staff see nothing of a business without its leave, and every look is written down. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { INSTALLATION } from '../../src/audit/model.ts';
import { listEntries } from '../../src/audit/read.ts';
import { routes } from '../../src/http/routes.ts';
import { Mails } from '../../src/mail/model.ts';
import { Notices } from '../../src/notices/model.ts';
import { dueReviews, watchReviews } from '../../src/operators/break-glass.ts';
import { askForAccess, endAccess, giveAccess } from '../../src/operators/grants.ts';
import { ROLE_MAY } from '../../src/operators/roles.ts';
import { addOperator, changeRole, disableOperator } from '../../src/operators/staff.ts';
import { asOperator, withTenant } from '../../src/store/scope.ts';
import { startAudit } from '../../workers/audit.ts';
import { run } from '../cli/terminal.ts';
import { ManualClock } from '../support/clock.ts';
import { type TestContext, testContext } from '../support/context.ts';
import {
  type Business,
  clientWrites,
  openBusiness,
  openGateway,
  signedIn,
  type TestGateway,
  type Written,
} from '../support/fixtures.ts';
import { until } from '../support/until.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const BODY = 'words-of-the-client';

const clock = new ManualClock();
let ctx: TestContext;
let gateway: TestGateway;
let business: Business;
let other: Business;
let written: Written;
let workers: ReturnType<typeof startAudit>;

beforeAll(async () => {
  ctx = await testContext({ clock, environment: { MAIL_OUTBOX: 'on' } });
  gateway = await openGateway(ctx);
  workers = startAudit(ctx, ctx.queueRedis);
  business = await openBusiness(ctx, 'Aleph');
  other = await openBusiness(ctx, 'Bet');
  written = await clientWrites(ctx, business, { phone: '972500000001', body: BODY });
});
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.close(5_000)));
  await gateway.close();
  await ctx.close();
});

interface Staff {
  operatorId: string;
  token: string;
}

async function staff(
  role = 'support',
  confidentialitySigned: Date | undefined = new Date(0),
): Promise<Staff> {
  const person = { name: 'Dana', email: 'dana@whatsper.example', role, confidentialitySigned };
  const { operatorId, token } = await addOperator(ctx, person, 'operator:root');
  return { operatorId, token: token ?? '' };
}

const headersFor = ({ token }: Staff, tenantId = business.tenantId) => ({
  Authorization: `Bearer ${token}`,
  'X-Whatsper-Tenant': tenantId,
});
const read = (who: Staff, path: string, tenantId?: string) =>
  gateway.ask('GET', path, { headers: headersFor(who, tenantId) });
const messagesPath = () => `/v1/conversations/${written.conversationId}/messages`;
/** Signed in anew each time: sessions end by themselves when the clock goes on for days. */
async function asOwner(method: string, path: string, body?: unknown) {
  const { headers } = await signedIn(ctx, business, { role: 'owner' });
  return gateway.ask<{ id: string; state: string; items: Record<string, unknown>[] }>(method, path, {
    headers,
    ...(body === undefined ? {} : { body }),
  });
}
const wanted = ({ operatorId }: Staff) => ({
  tenantId: business.tenantId,
  operatorId,
  hours: 2,
  reasonCode: 'fault',
  reason: 'A number is silent.',
});
const entries = (action: string, tenantId = business.tenantId) =>
  asOperator('test', () => listEntries(ctx, tenantId, { action }, { limit: 100 }));

describe('row 138: access of staff', () => {
  it('row 138: without a grant there is one answer, whatever is asked for and of whom', async () => {
    const who = await staff();
    const paths = ['/v1/me', messagesPath(), '/v1/messages/msg_none', '/v1/contacts', '/v1/keys'];
    const tenants = [business.tenantId, other.tenantId, `ten_${'x'.repeat(26)}`, '../x', ''];
    const answers = await Promise.all(
      paths.flatMap((path) => tenants.map((tenantId) => read(who, path, tenantId))),
    );
    const unnamed = await gateway.ask('GET', '/v1/me', { headers: { Authorization: `Bearer ${who.token}` } });
    const posted = await gateway.ask('POST', '/v1/messages', { headers: headersFor(who), body: {} });
    const seen = new Set([...answers, unnamed, posted].map(({ status, text }) => `${status} ${text}`));
    expect(seen.size).toBe(1);
    expect([...seen][0]).toMatch(/^403 .*no-grant/);
  });

  it('row 138: asked for with a reason, approved by a person of the business, limited in time', async () => {
    const who = await staff();
    const asked = await askForAccess(ctx, wanted(who), `operator:${who.operatorId}`);
    expect((await read(who, messagesPath())).status).toBe(403);
    const path = `/v1/support-access/${asked._id}`;
    const { headers } = await signedIn(ctx, business, { permissions: ['support-access:write'] });
    const beyond = await gateway.ask('POST', `${path}/approve`, { headers });
    expect([beyond.status, beyond.body.type]).toEqual([403, expect.stringMatching(/more-than-you-hold$/)]);
    await until('the refusal is in the log', async () =>
      (await entries('request.refused')).some(({ reason }) => reason === 'more-than-you-hold'),
    );
    expect(await asOwner('POST', `${path}/approve`)).toMatchObject({
      status: 200,
      body: { state: 'active' },
    });
    const seen = await read(who, messagesPath());
    expect([seen.status, seen.text.includes(BODY)]).toEqual([200, true]);
    clock.advance(2 * HOUR_MS);
    expect((await read(who, messagesPath())).status).toBe(403);
    expect(await asOwner('POST', `${path}/approve`)).toMatchObject({ status: 409 });
  });

  it('row 138: nothing is open for longer than 7 days, and what nobody approves in 7 days lapses', async () => {
    const who = await staff();
    const long = askForAccess(ctx, { ...wanted(who), hours: 169 }, 'system');
    await expect(long).rejects.toMatchObject({ status: 422 });
    const { _id } = await askForAccess(ctx, wanted(who), 'system');
    clock.advance(7 * DAY_MS);
    expect(await asOwner('POST', `/v1/support-access/${_id}/approve`)).toMatchObject({ status: 409 });
  });

  it('row 138: the role limits what access gives, also when it is changed meanwhile', async () => {
    const who = await staff('billing');
    const all = askForAccess(ctx, { ...wanted(who), permissions: ['messages:read'] }, 'system');
    await expect(all).rejects.toMatchObject({ status: 422 });
    await giveAccess(ctx, wanted(who), 'system');
    expect((await read(who, '/v1/channels')).status).toBe(200);
    const refused = await read(who, messagesPath());
    expect([refused.status, refused.body.type]).toEqual([403, expect.stringMatching(/insufficient-scope$/)]);
    await changeRole(ctx, who.operatorId, 'trust', 'system');
    expect((await read(who, messagesPath())).status).toBe(403);
    expect(ROLE_MAY.admin).not.toContain('messages:read');
  });

  it('row 138: it is for reading one business only, and ends with the next request', async () => {
    const who = await staff();
    const given = await asOwner('POST', '/v1/support-access', {
      operator: who.operatorId,
      hours: 24,
      reason: 'Messages are late.',
    });
    expect(given).toMatchObject({ status: 201, body: { state: 'active' } });
    expect((await read(who, messagesPath())).status).toBe(200);
    expect((await read(who, '/v1/contacts', other.tenantId)).status).toBe(403);
    const sent = await gateway.ask('POST', messagesPath(), {
      headers: { ...headersFor(who), 'Idempotency-Key': 'one' },
      body: { type: 'text', text: { body: 'x' } },
    });
    expect([sent.status, sent.body.type]).toEqual([403, expect.stringMatching(/read-only$/)]);
    await asOwner('POST', `/v1/support-access/${given.body.id}/revoke`);
    expect((await read(who, messagesPath())).status).toBe(403);
  });

  it('row 138: given to WHATSPER support it opens to support, and to no other role', async () => {
    const [support, billing] = [await staff(), await staff('billing')];
    const given = await asOwner('POST', '/v1/support-access', { hours: 1, reason: 'Please look.' });
    expect((await read(support, messagesPath())).status).toBe(200);
    expect((await read(billing, '/v1/channels')).status).toBe(403);
    await endAccess(ctx, { tenantId: business.tenantId, grantId: given.body.id }, 'system');
  });

  it('row 94: nobody of the staff listens to the live feed', async () => {
    const who = await staff();
    const { _id: grantId } = await giveAccess(ctx, wanted(who), 'system');
    const feed = await gateway.ask('GET', '/v1/feed', { headers: headersFor(who) });
    expect([feed.status, feed.body.type]).toEqual([403, expect.stringMatching(/read-only$/)]);
    await endAccess(ctx, { tenantId: business.tenantId, grantId }, 'system');
  });
});

describe('row 88: what staff looked at', () => {
  it('row 88: each look stands in the business’s audit log with its access, and in its list', async () => {
    const who = await staff();
    const { _id: grantId } = await giveAccess(ctx, wanted(who), 'system');
    const look = async () => (await asOwner('GET', `/v1/support-access/${grantId}/looks`)).body.items;
    await read(who, messagesPath());
    await read(who, messagesPath());
    await read(who, `/v1/contacts/${written.contactId}`);
    await until('the looks are listed', async () => (await look()).length === 3);
    const [last, ...first] = await look();
    expect(last).toMatchObject({
      operator: `operator:${who.operatorId}`,
      route: '/v1/contacts/{id}',
      objects: expect.arrayContaining([written.contactId]),
    });
    for (const one of first) expect(one).toMatchObject({ route: '/v1/conversations/{id}/messages' });
    const [entry] = await entries('support-access.look');
    expect(entry?.objects).toContain(grantId);
    expect(JSON.stringify(entry)).not.toContain(BODY);
  });

  it('row 88: what only people may see is open by the same access, as far as it goes, and not to a key', async () => {
    const who = await staff('privacy');
    await giveAccess(ctx, wanted(who), 'system');
    const open = routes.filter(
      (one) => one.method === 'get' && one.scope !== 'public' && one.forPeople && !one.path.includes('{'),
    );
    expect(open.map(({ path }) => path)).toContain('/v1/support-access');
    for (const { path, scope } of open) {
      const isOpen = ROLE_MAY.privacy.some((may) => may === scope);
      expect([path, (await read(who, path)).status]).toEqual([path, isOpen ? 200 : 403]);
      expect((await gateway.ask('GET', path, { key: business.key })).status).toBe(403);
    }
  });

  it('row 88: what can’t be written down is not shown', async () => {
    const who = await staff();
    await giveAccess(ctx, wanted(who), 'system');
    const take = ctx.audit.take.bind(ctx.audit);
    ctx.audit.take = () => Promise.reject(new Error('Redis is away.'));
    try {
      const seen = await read(who, messagesPath());
      expect([seen.status, seen.text.includes(BODY)]).toEqual([503, false]);
    } finally {
      ctx.audit.take = take;
    }
  });
});

describe('row 139: a staff account', () => {
  it('row 139: stays disabled until the duty of confidentiality is on record', async () => {
    const add = ['operator', 'add', '--name', 'Gil', '--email', 'gil@whatsper.example', '--json'];
    const made = JSON.parse((await run(ctx, add)).out) as Staff & { status: string };
    expect(made).toMatchObject({ status: 'disabled', token: null });
    const asked = askForAccess(ctx, wanted(made), 'system');
    await expect(asked).rejects.toMatchObject({ status: 409, problem: 'operator-disabled' });
    const enable = `operator enable --operator ${made.operatorId} --confidentiality-signed`.split(' ');
    expect(await run(ctx, [...enable, '2999-01-01'])).toMatchObject({ exitCode: 2 });
    const enabled = JSON.parse((await run(ctx, [...enable, '2026-11-01', '--json'])).out) as Staff;
    expect(enabled).toMatchObject({ status: 'active', token: expect.stringMatching(/^wso_opr_/) });
    await giveAccess(ctx, wanted(enabled), 'system');
    expect((await read(enabled, '/v1/me')).body).toMatchObject({ caller: { kind: 'operator' } });
    await disableOperator(ctx, made.operatorId, 'system');
    expect((await read(enabled, '/v1/me')).status).toBe(401);
  });

  it('row 139: its changes stand in the installation’s audit log, without names', async () => {
    const { operatorId } = await staff();
    await until('the account is in the log', async () =>
      (await entries('operator.added', INSTALLATION)).some(({ objects }) => objects.includes(operatorId)),
    );
    const [entry] = await entries('operator.added', INSTALLATION);
    expect(JSON.stringify(entry)).not.toContain('dana@whatsper');
  });

  it('an unknown token is answered like an unknown key', async () => {
    const { token } = await staff();
    const wrong = [
      `${token.slice(0, -43)}${'a'.repeat(43)}`,
      'wso_',
      `wso_opr_${'x'.repeat(26)}_${'a'.repeat(43)}`,
    ];
    const answers = await Promise.all(wrong.map((bearer) => gateway.ask('GET', '/v1/me', { key: bearer })));
    const key = await gateway.ask('GET', '/v1/me', { key: 'wsk_none' });
    for (const { status, text } of answers) expect([status, text]).toEqual([401, key.text]);
  });
});

describe('row 95: in an emergency', () => {
  const glass = (tenantId: string, who: string, more: string[] = []) =>
    run(ctx, [
      ...`access break-glass --tenant ${tenantId} --operator ${who} --reason-code emergency --json`.split(
        ' ',
      ),
      '--reason',
      'Somebody is in danger.',
      ...more,
    ]);

  it('row 95: access is there at once for one hour, the business is told, a review is due', async () => {
    const who = await staff();
    const self = await glass(other.tenantId, who.operatorId, ['--approver', who.operatorId]);
    expect(self).toMatchObject({ exitCode: 2, err: expect.stringContaining('their own') });
    const { out } = await glass(other.tenantId, who.operatorId);
    const { grantId } = JSON.parse(out) as { grantId: string };
    expect((await read(who, '/v1/contacts', other.tenantId)).status).toBe(200);
    const told = await withTenant(other.tenantId, () => ctx.store.model(Notices).find().lean().exec());
    expect(told).toMatchObject([{ kind: 'support-access', event: 'break-glass', severity: 'critical' }]);
    const mails = await withTenant(other.tenantId, () => ctx.store.model(Mails).find().lean().exec());
    expect(mails).toMatchObject([{ category: 'security' }]);
    clock.advance(HOUR_MS);
    expect((await read(who, '/v1/contacts', other.tenantId)).status).toBe(403);
    const review = `access review --grant ${grantId} --reviewer ${who.operatorId} --finding`.split(' ');
    expect(await run(ctx, [...review, 'All well.'])).toMatchObject({ exitCode: 2 });
    const listed = JSON.parse((await run(ctx, ['access', 'reviews', '--json'])).out) as object;
    expect(listed).toMatchObject({ items: [{ grantId, operatorId: who.operatorId, overdue: false }] });
    const done = await run(ctx, ['access', 'review', '--grant', grantId, '--finding', 'It was needed.']);
    expect(done).toMatchObject({ exitCode: 0 });
    expect(await dueReviews(ctx)).toEqual([]);
    const { headers } = await signedIn(ctx, other, { role: 'owner' });
    const seen = await gateway.ask('GET', '/v1/support-access', { headers });
    expect(seen.body).toMatchObject({
      items: [{ kind: 'break-glass', state: 'expired', review: { finding: 'It was needed.' } }],
    });
  });

  it('row 95: an overdue review is told, shown by status, and closes every access until it is done', async () => {
    const who = await staff();
    await glass(other.tenantId, who.operatorId);
    const standing = await giveAccess(ctx, { ...wanted(who), hours: 168 }, 'system');
    expect((await read(who, messagesPath())).status).toBe(200);
    clock.advance(DAY_MS);
    expect((await read(who, messagesPath())).status).toBe(403);
    expect(await glass(other.tenantId, who.operatorId)).toMatchObject({ exitCode: 2 });
    await asOperator('test', () => watchReviews(ctx));
    const told = await withTenant(other.tenantId, () => ctx.store.model(Notices).find().lean().exec());
    expect(told.map(({ event }) => event)).toContain('review-overdue');
    const status = JSON.parse((await run(ctx, ['status', '--json'])).out) as object;
    expect(status).toMatchObject({ access: { reviewsDue: 1, reviewsOverdue: 1 } });
    const [due] = await dueReviews(ctx);
    await run(ctx, ['access', 'review', '--grant', due?.grantId ?? '', '--finding', 'Late, but all well.']);
    expect((await read(who, messagesPath())).status).toBe(200);
    const ended = await run(ctx, ['access', 'end', '--grant', standing._id, '--json']);
    expect(JSON.parse(ended.out)).toMatchObject({ state: 'ended' });
  });
});
