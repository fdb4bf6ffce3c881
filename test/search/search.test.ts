/** Searching: what is found, by whom, and that look-ups can be made again from the sealed rows. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { collections } from '../../src/collections.ts';
import { Identities, SentWamids } from '../../src/conversations/model.ts';
import { recordStatus } from '../../src/conversations/statuses.ts';
import { rebuildTenant, REBUILT } from '../../src/derived/rebuild.ts';
import { SearchWords } from '../../src/search/model.ts';
import type { Collection, TenantRow } from '../../src/store/collection.ts';
import { withTenant } from '../../src/store/scope.ts';
import { UserNames } from '../../src/tenants/people-model.ts';
import { signedIn } from '../http/isolation-people.ts';
import { type TestContext, testContext } from '../support/context.ts';
import {
  type Business,
  clientWrites,
  keyWith,
  openBusiness,
  openGateway,
  type TestGateway,
  type Written,
} from '../support/fixtures.ts';

interface Found {
  items: {
    kind: 'contact' | 'message';
    contact?: { id: string };
    message?: { id: string };
    conversations?: { id: string }[];
  }[];
  nextCursor: string | null;
}

let ctx: TestContext;
let gateway: TestGateway;
let aleph: Business;
let bet: Business;
let noa: Written;
let dan: Written;
let sentId: string;

beforeAll(async () => {
  ctx = await testContext({ environment: { SEARCH_MESSAGES: 'on' } });
  gateway = await openGateway(ctx);
  aleph = await openBusiness(ctx, 'Aleph');
  bet = await openBusiness(ctx, 'Bet');
  noa = await clientWrites(ctx, aleph, { phone: '972501234567', name: 'נועה כהן', body: 'איפה ההזמנה שלי?' });
  dan = await clientWrites(ctx, aleph, {
    phone: '972529998888',
    name: 'Dan',
    body: 'Where is my ORDER 7731',
  });
  await clientWrites(ctx, bet, { phone: '972501234567', name: 'נועה', body: 'ההזמנה אצל בית' });
  const path = `/v1/conversations/${dan.conversationId}/messages`;
  const sending = { key: aleph.key, body: { type: 'text', text: { body: 'Your order is on its way' } } };
  sentId = (await gateway.ask<{ id: string }>('POST', path, sending)).body.id;
});
afterAll(async () => {
  await gateway.close();
  await ctx.close();
});

async function search(query: string, key = aleph.key): Promise<string[]> {
  const { status, body } = await gateway.ask<Found>('GET', `/v1/search?${query}`, { key });
  expect(status).toBe(200);
  return body.items.map(({ contact, message }) => contact?.id ?? message?.id ?? '');
}
const q = (text: string) => `q=${encodeURIComponent(text)}`;

describe('GET /v1/search', () => {
  it('finds messages of both directions by their words, newest first', async () => {
    expect(await search(q('order'))).toEqual([sentId, dan.messageId]);
    expect(await search(q('הזמנה'))).toEqual([noa.messageId]);
    expect(await search(q('order 7731'))).toEqual([dan.messageId]);
    expect(await search(q('nothing like it'))).toEqual([]);
    expect(await search(q('?!'))).toEqual([]);
  });

  it('finds people by the beginning of a name and the end of a number', async () => {
    expect(await search(q('נוע'))).toEqual([noa.contactId]);
    expect(await search(q('8888'))).toEqual([dan.contactId]);
    expect(await search(q('052-9998888'))).toEqual([dan.contactId]);
    expect(await search(`${q('dan')}&kind=message`)).toEqual([]);
  });

  it('names the conversations of what it found, to whoever may read them', async () => {
    const ids = async (query: string, key = aleph.key) => {
      const { body } = await gateway.ask<Found>('GET', `/v1/search?${q(query)}`, { key });
      return body.items.map(({ conversations }) => conversations?.map(({ id }) => id));
    };
    expect(await ids('8888')).toEqual([[dan.conversationId]]);
    expect(await ids('7731')).toEqual([[dan.conversationId]]);
    const key = await keyWith(ctx, aleph.tenantId, ['messages:read', 'contacts:read']);
    expect(await ids('8888', key)).toEqual([undefined]);
  });

  it('follows a changed name', async () => {
    await clientWrites(ctx, aleph, { phone: '972529998888', name: 'Daniel', body: 'hi' });
    expect(await search(q('daniel'))).toEqual([dan.contactId]);
  });

  it('finds people only where the installation searches no messages, also by words noted before', async () => {
    const off = await openGateway({ ...ctx, settings: { ...ctx.settings, SEARCH_MESSAGES: 'off' } });
    const idsOf = async (query: string) => {
      const { body } = await off.ask<Found>('GET', `/v1/search?${query}`, { key: aleph.key });
      return body.items.map(({ contact, message }) => contact?.id ?? message?.id);
    };
    expect(await idsOf(q('order'))).toEqual([]);
    expect(await idsOf(`${q('order')}&kind=message`)).toEqual([]);
    expect(await idsOf(q('8888'))).toEqual([dan.contactId]);
    await off.close();
  });

  it('comes in pages', async () => {
    const first = await gateway.ask<Found>('GET', `/v1/search?${q('order')}&limit=1`, { key: aleph.key });
    expect(first.body.items).toHaveLength(1);
    expect(await search(`${q('order')}&limit=1&cursor=${first.body.nextCursor}`)).toEqual([dan.messageId]);
  });

  it('row 34: shows nothing of another tenant that has the same words and people', async () => {
    const own = await search(q('הזמנה'), bet.key);
    expect(own).toHaveLength(1);
    expect(own).not.toContain(noa.messageId);
    expect(await search(q('order'), bet.key)).toEqual([]);
    expect(await search(q('4567'), bet.key)).not.toContain(noa.contactId);
  });

  it('needs both rights', async () => {
    const key = await keyWith(ctx, aleph.tenantId, ['messages:read']);
    const answer = await gateway.ask('GET', `/v1/search?${q('order')}`, { key });
    expect(answer).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('contacts:read') as unknown },
    });
  });

  it('row 135: keeps no word, and not the same digest for two tenants', async () => {
    const rowsOf = (tenantId: string) =>
      withTenant(tenantId, () => ctx.store.model(SearchWords).find().lean().exec());
    const [ofAleph, ofBet] = [await rowsOf(aleph.tenantId), await rowsOf(bet.tenantId)];
    const kept = [...ofAleph, ...ofBet].flatMap(({ words }) => words);
    expect(kept.length).toBeGreaterThan(10);
    // Digests are all there is of words and numbers; by chance one may hold any four digits.
    expect(kept.filter((word) => !/^[\w-]{11}$/.test(word))).toEqual([]);
    expect(JSON.stringify([ofAleph, ofBet])).not.toMatch(/order|הזמנה|972501234567/i);
    const theirs = new Set(ofBet.flatMap(({ words }) => words));
    expect(ofAleph.flatMap(({ words }) => words).filter((word) => theirs.has(word))).toEqual([]);
  });
});

describe('derived rebuild', () => {
  const derived = collections.filter(
    (collection) => collection.derived,
  ) as unknown as Collection<TenantRow>[];
  const rowsOf = async () => {
    const all: Record<string, unknown> = {};
    for (const collection of derived) {
      const rows = await withTenant(aleph.tenantId, () =>
        ctx.store.model(collection).find().sort({ _id: 1 }).lean<{ words?: string[] }[]>().exec(),
      );
      all[collection.name] = rows.map(({ words, ...row }) => ({
        ...row,
        createdAt: 0,
        words: words?.sort(),
      }));
    }
    return all;
  };

  it('makes every derived collection', () => {
    expect(derived.map(({ name }) => name).sort()).toEqual([...REBUILT].sort());
  });

  it('makes the same look-ups again, also while a client writes, and may run twice', async () => {
    await withTenant(aleph.tenantId, () =>
      recordStatus(ctx, {
        tenantId: aleph.tenantId,
        channelId: aleph.channelId,
        phoneNumberId: aleph.phoneNumberId,
        receivedAt: new Date(),
        status: {
          id: 'wamid.sent',
          status: 'sent',
          timestamp: '1795348800',
          biz_opaque_callback_data: sentId,
        },
      }),
    );
    const { userId } = await signedIn(ctx, gateway, { tenantId: aleph.tenantId, role: 'agent' });
    const before = await rowsOf();
    expect(before[Identities.name]).toHaveLength(2);
    expect(before[SentWamids.name]).toHaveLength(1);
    for (const collection of derived) {
      await withTenant(aleph.tenantId, () => ctx.store.model(collection).deleteMany({}).exec());
    }
    expect(await search(q('order'))).toEqual([]);
    const [done] = await Promise.all([
      rebuildTenant(ctx, aleph.tenantId, () => undefined),
      clientWrites(ctx, aleph, { phone: '972540000000', name: 'Gil', body: 'meanwhile' }),
    ]);
    expect(done).toMatchObject({ removed: 0, skipped: 0 });
    expect(await search(q('order'))).toEqual([sentId, dan.messageId]);
    expect(await search(q('meanwhile'))).toHaveLength(1);
    const again = await clientWrites(ctx, aleph, {
      phone: '972501234567',
      name: 'נועה כהן',
      body: 'it is still me',
    });
    expect(again.contactId).toBe(noa.contactId);
    await rebuildTenant(ctx, aleph.tenantId, () => undefined);
    const names = () => ctx.store.model(UserNames).find({ userId }).lean().exec();
    expect(await withTenant(aleph.tenantId, names)).toHaveLength(2);
    const after = await rowsOf();
    for (const { name } of derived) {
      expect(after[name]).toEqual(expect.arrayContaining(before[name] as unknown[]));
    }
  });

  it('takes away the words of what was erased', async () => {
    const ghost = {
      _id: 'msg_ghost',
      tenantId: aleph.tenantId,
      kind: 'message' as const,
      contactId: 'con_x',
      words: ['x'],
      at: 1,
    };
    await withTenant(aleph.tenantId, () => ctx.store.batches.insert(SearchWords, ghost));
    expect(await rebuildTenant(ctx, aleph.tenantId, () => undefined)).toMatchObject({ removed: 1 });
  });
});
