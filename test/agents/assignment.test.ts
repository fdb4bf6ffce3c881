/** Who answers a conversation: by the product's own routes, with real people, keys and clients. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { finishDepartures } from '../../src/accounts/departures.ts';
import { lastEntryId, readEntries } from '../../src/agents/feed.ts';
import { settleResolved } from '../../src/agents/settle.ts';
import { touchConversation } from '../../src/conversations/conversations.ts';
import { type ConversationRow, Conversations } from '../../src/conversations/model.ts';
import type { ConversationView } from '../../src/http/schemas.ts';
import { asOperator, withTenant } from '../../src/store/scope.ts';
import { Departures, Users } from '../../src/tenants/people-model.ts';
import { ManualClock } from '../support/clock.ts';
import { type TestContext, testContext } from '../support/context.ts';
import {
  type Business,
  clientWrites,
  keyWith,
  openBusiness,
  openGateway,
  signedIn,
  type TestGateway,
} from '../support/fixtures.ts';

type Person = Awaited<ReturnType<typeof signedIn>>;

let ctx: TestContext;
let clock: ManualClock;
let gateway: TestGateway;
let business: Business;
let agent: Person;
let other: Person;
let supervisor: Person;

beforeAll(async () => {
  clock = new ManualClock(Date.now());
  ctx = await testContext({ clock });
  gateway = await openGateway(ctx);
  business = await openBusiness(ctx, 'Aleph');
  agent = await signedIn(ctx, business, { role: 'agent' });
  other = await signedIn(ctx, business, { role: 'agent' });
  supervisor = await signedIn(ctx, business, { role: 'supervisor' });
});
afterAll(async () => {
  await gateway.close();
  await ctx.close();
});

let clients = 0;
const newClient = () => `9725000${10_000 + (clients += 1)}`;

async function conversation(phone = newClient()): Promise<string> {
  return (await clientWrites(ctx, business, { phone })).conversationId;
}

type By = { headers: Record<string, string> } | { key: string };

const change = (by: By, id: string, what: 'assign' | 'state', body: object) =>
  gateway.ask<ConversationView & { type?: string }>('POST', `/v1/conversations/${id}/${what}`, {
    ...('key' in by ? by : { headers: by.headers }),
    body,
  });
const assign = (by: By, id: string, userId: string | null, more = {}) =>
  change(by, id, 'assign', { userId, ...more });
const word = ({ body }: { body: { type?: string } }) => String(body.type).split('/').at(-1);
const read = async (id: string) =>
  (await gateway.ask<ConversationView>('GET', `/v1/conversations/${id}`, { key: business.key })).body;
const resolve = async (by: By, id: string) =>
  change(by, id, 'state', { state: 'RESOLVED', lastMessageId: (await read(id)).lastMessage?.id ?? null });
const answer = (by: By, id: string, text = 'on it') =>
  gateway.ask('POST', `/v1/conversations/${id}/messages`, {
    ...('key' in by ? by : { headers: by.headers }),
    body: { type: 'text', text: { body: text } },
  });

function set(id: string, update: object): Promise<unknown> {
  return withTenant(business.tenantId, () =>
    ctx.store.model(Conversations).updateOne({ _id: id }, update).exec(),
  );
}
const rowOf = (id: string) =>
  withTenant(business.tenantId, () =>
    ctx.store.model(Conversations).findOne({ _id: id }).lean<ConversationRow>().exec(),
  );

describe('taking a conversation', () => {
  it('two who take one at the same time: one holds it, the other is told', async () => {
    const id = await conversation();
    const both = await Promise.all([assign(agent, id, agent.userId), assign(other, id, other.userId)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    const won = both.find(({ status }) => status === 200)!;
    expect(both.map(word)).toContain('held-by-another');
    expect(await read(id)).toMatchObject({ state: 'ASSIGNED', assignee: won.body.assignee });
    expect(won.body.assignee?.name).toMatch(/^Person \d+$/);
  });

  it('an agent gives back what they hold, and takes, gives back and resolves nothing of others', async () => {
    const id = await conversation();
    await assign(agent, id, agent.userId);
    for (const refused of [
      await assign(other, id, other.userId),
      await assign(other, id, null),
      await resolve(other, id),
      await change(other, id, 'state', { state: 'PENDING' }),
    ]) {
      expect([refused.status, word(refused)]).toEqual([409, 'held-by-another']);
    }
    expect((await assign(agent, id, agent.userId)).body.state).toBe('ASSIGNED');
    expect((await assign(agent, id, null)).body).toMatchObject({ state: 'PENDING', assignee: null });
    expect((await assign(agent, id, null)).body.state).toBe('PENDING');
  });

  it('only who may assign gives it to others; who saw another holder looks again', async () => {
    const id = await conversation();
    const refused = await assign(agent, id, other.userId);
    expect([refused.status, word(refused)]).toEqual([403, 'insufficient-scope']);
    expect((await assign(supervisor, id, agent.userId, { from: null })).body.assignee?.id).toBe(agent.userId);
    const late = await assign(supervisor, id, supervisor.userId, { from: null });
    expect([late.status, word(late)]).toEqual([409, 'changed-meanwhile']);
    expect((await assign(supervisor, id, other.userId, { from: agent.userId })).body.assignee?.id).toBe(
      other.userId,
    );
    expect((await assign(supervisor, id, null, { from: other.userId })).body.state).toBe('PENDING');
  });

  it('a key assigns with its scope, and takes nothing for itself', async () => {
    const id = await conversation();
    const plain = { key: await keyWith(ctx, business.tenantId, ['conversations:write']) };
    expect((await assign(plain, id, agent.userId)).status).toBe(403);
    const wide = {
      key: await keyWith(ctx, business.tenantId, ['conversations:write', 'conversations:assign']),
    };
    expect((await assign(wide, id, agent.userId)).body.assignee?.id).toBe(agent.userId);
    expect((await change(wide, id, 'assign', { userId: 'key_1' })).status).toBe(422);
  });

  it('only an active person of the same business gets one', async () => {
    const id = await conversation();
    const foreign = await signedIn(ctx, await openBusiness(ctx, 'Bet'), { role: 'agent' });
    expect((await assign(supervisor, id, foreign.userId)).status).toBe(404);
    for (const status of ['invited', 'disabled'] as const) {
      const { userId } = await signedIn(ctx, business, { role: 'agent', status });
      const refused = await assign(supervisor, id, userId);
      expect([refused.status, word(refused)]).toEqual([409, 'not-active']);
    }
    expect((await read(id)).state).toBe('PENDING');
  });

  it('each step stands in the audit log, and is told to the consoles', async () => {
    const id = await conversation();
    const cursor = await lastEntryId(ctx, business.tenantId);
    const take = jest.spyOn(ctx.audit, 'take');
    await assign(agent, id, agent.userId);
    await resolve(agent, id);
    const entries = take.mock.calls.map(([record]) => record);
    take.mockRestore();
    const actor = `user:${agent.userId}`;
    expect(entries).toContainEqual(
      expect.objectContaining({
        action: 'conversation.assigned',
        actor,
        objects: [id, agent.userId],
        outcome: 'allowed',
      }),
    );
    expect(entries).toContainEqual(
      expect.objectContaining({
        action: 'conversation.state-changed',
        actor,
        objects: [id],
        details: { state: 'RESOLVED' },
      }),
    );
    const events = await readEntries(ctx, business.tenantId, `(${cursor}`, 10);
    expect(events.map(({ type, conversationId }) => [type, conversationId])).toEqual([
      ['conversation.updated', id],
      ['conversation.updated', id],
    ]);
  });
});

describe('answering', () => {
  it.each(['PENDING', 'BOT'])('who answers one that is %s holds it from then on', async (state) => {
    const id = await conversation();
    await set(id, { $set: { state } });
    expect((await answer(agent, id)).status).toBe(202);
    expect(await read(id)).toMatchObject({ state: 'ASSIGNED', assignee: { id: agent.userId } });
    expect((await answer(other, id)).status).toBe(202);
    expect((await read(id)).assignee?.id).toBe(agent.userId);
  });

  it('a program that answers holds nothing, and what is resolved stays so', async () => {
    const id = await conversation();
    await answer({ key: business.key }, id);
    expect(await read(id)).toMatchObject({ state: 'PENDING', assignee: null });
    await resolve(agent, id);
    await answer(agent, id, 'one thing more');
    expect((await read(id)).state).toBe('RESOLVED');
  });
});

describe('resolving', () => {
  it('is refused to who has not seen the last message; the client who writes again reopens it', async () => {
    const phone = newClient();
    const first = await clientWrites(ctx, business, { phone });
    const id = first.conversationId;
    await assign(agent, id, agent.userId);
    await clientWrites(ctx, business, { phone, body: 'one question more' });
    const seen = { state: 'RESOLVED', lastMessageId: first.messageId };
    expect(word(await change(agent, id, 'state', seen))).toBe('changed-meanwhile');
    expect((await resolve(agent, id)).body).toMatchObject({ state: 'RESOLVED', assignee: null });
    await clientWrites(ctx, business, { phone, body: 'and another' });
    expect(await read(id)).toMatchObject({ state: 'PENDING', assignee: null });
  });

  it('a client who writes in that moment is not left alone', async () => {
    const id = await conversation();
    const open = (await rowOf(id))!; // as the worker read it before
    await resolve(agent, id);
    const now = new Date(clock.now());
    await withTenant(business.tenantId, () =>
      touchConversation(ctx, open, {
        messageId: 'msg_late',
        position: ctx.positions.next(),
        at: now,
        inboundAt: now,
      }),
    );
    expect((await rowOf(id))?.state).toBe('RESOLVED');
    const cursor = await lastEntryId(ctx, business.tenantId);
    await asOperator('test', () => settleResolved(ctx));
    expect(await rowOf(id)).toMatchObject({ state: 'PENDING' });
    expect(await readEntries(ctx, business.tenantId, `(${cursor}`, 10)).toHaveLength(1);
  });

  it('what stays resolved for a minute is looked at no more', async () => {
    const id = await conversation();
    await resolve(agent, id);
    await asOperator('test', () => settleResolved(ctx));
    expect((await rowOf(id))?.resolvedAt).toBeDefined();
    clock.advance(60_001);
    await asOperator('test', () => settleResolved(ctx));
    const row = await rowOf(id);
    expect([row?.state, row?.resolvedAt]).toEqual(['RESOLVED', undefined]);
  });
});

describe('row 28: who leaves', () => {
  const owner = () => signedIn(ctx, business, { role: 'owner' });
  const disable = async (userId: string) =>
    gateway.ask('POST', `/v1/users/${userId}/disable`, { headers: (await owner()).headers });

  it('row 28: what a disabled person held waits again within 5 s', async () => {
    const leaving = await signedIn(ctx, business, { role: 'agent' });
    const ids = [await conversation(), await conversation()];
    for (const id of ids) await assign(leaving, id, leaving.userId);
    const since = performance.now();
    expect((await disable(leaving.userId)).status).toBe(200);
    for (const id of ids) expect(await read(id)).toMatchObject({ state: 'PENDING', assignee: null });
    expect(performance.now() - since).toBeLessThan(5_000);
  });

  it('row 28: a deletion that broke off is carried to its end', async () => {
    const leaving = await signedIn(ctx, business, { role: 'agent' });
    const id = await conversation();
    await assign(leaving, id, leaving.userId);
    const destroy = jest.spyOn(ctx.store.keyring, 'destroy').mockRejectedValueOnce(new Error('killed'));
    const broken = await gateway.ask('DELETE', `/v1/users/${leaving.userId}`, {
      headers: (await owner()).headers,
    });
    destroy.mockRestore();
    expect(broken.status).toBe(500);
    await asOperator('test', () => finishDepartures(ctx));
    const left = await withTenant(business.tenantId, () =>
      ctx.store.model(Users).exists({ _id: leaving.userId }).exec(),
    );
    expect(left).toBeNull();
    expect((await read(id)).state).toBe('PENDING');
  });

  it('row 28: what was given to them in that moment does not stay with them, also after a crash', async () => {
    const leaving = await signedIn(ctx, business, { role: 'agent' });
    await disable(leaving.userId);
    const id = await conversation(); // as who died between the step and the look after it leaves it
    await set(id, { $set: { state: 'ASSIGNED', assigneeId: leaving.userId } });
    await asOperator('test', () => finishDepartures(ctx));
    expect(await read(id)).toMatchObject({ state: 'PENDING', assignee: null });
    clock.advance(60_001);
    await asOperator('test', () => finishDepartures(ctx));
    const noted = await asOperator('test', () => ctx.store.model(Departures).countDocuments().exec());
    expect(noted).toBe(0);
    supervisor = await signedIn(ctx, business, { role: 'supervisor' });
    agent = await signedIn(ctx, business, { role: 'agent' });
  });

  it('row 28: whoever is let in again keeps what they get from then on', async () => {
    const back = await signedIn(ctx, business, { role: 'agent' });
    await withTenant(business.tenantId, () =>
      ctx.store
        .model(Users)
        .updateOne({ _id: back.userId }, { $set: { credentials: Buffer.from('x') } })
        .exec(),
    );
    await disable(back.userId);
    await gateway.ask('POST', `/v1/users/${back.userId}/enable`, { headers: (await owner()).headers });
    const id = await conversation();
    await assign(supervisor, id, back.userId);
    await asOperator('test', () => finishDepartures(ctx));
    expect((await read(id)).assignee?.id).toBe(back.userId);
  });

  it('T-AZ: of a person who is deleted while conversations are given to them, none stays with them', async () => {
    const leaving = await signedIn(ctx, business, { role: 'agent' });
    const ids = await Promise.all(Array.from({ length: 6 }, () => conversation()));
    const by = await owner();
    const [deleted] = await Promise.all([
      gateway.ask('DELETE', `/v1/users/${leaving.userId}`, { headers: by.headers }),
      ...ids.map((id) => assign(supervisor, id, leaving.userId)),
      ...ids.map((id) => answer(leaving, id)),
    ]);
    expect(deleted.status).toBe(200);
    for (const id of ids) expect(await read(id)).toMatchObject({ state: 'PENDING', assignee: null });
  });
});
