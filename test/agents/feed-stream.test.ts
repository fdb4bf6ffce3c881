/** The live feed: resumes without loss, says `reset` when it can't, keeps tenants apart, ends with its key. */
import { connect } from 'node:net';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { feedKey, publish } from '../../src/agents/feed.ts';
import { ConversationSchema, MessageSchema } from '../../src/http/schemas.ts';
import { createApiKey, revokeApiKey } from '../../src/tenants/keys.ts';
import { SCOPES } from '../../src/tenants/permissions.ts';
import { type TestContext, testContext } from '../support/context.ts';
import {
  type Business,
  clientWrites,
  keptLog,
  keyWith,
  openBusiness,
  openGateway,
  type TestGateway,
  type Written,
} from '../support/fixtures.ts';
import { until } from '../support/until.ts';
import { FeedReader } from './reader.ts';

const PHONE = '972500000001';
let ctx: TestContext;
let gateway: TestGateway;
let business: Business;
const readers: FeedReader[] = [];
const log = keptLog('info');

beforeAll(async () => {
  ctx = await testContext({ log: log.log });
  gateway = await openGateway(ctx);
});
beforeEach(async () => {
  business = await openBusiness(ctx, 'Aleph');
});
afterEach(async () => {
  for (const reader of readers.splice(0)) await reader.close();
});
afterAll(async () => {
  await gateway.close();
  await ctx.close();
});

interface From {
  key?: string;
  lastEventId?: string | undefined;
  cursor?: string | undefined;
  url?: string;
}

async function listen(from: From = {}): Promise<FeedReader> {
  const reader = await FeedReader.open({ url: gateway.url, key: business.key, ...from });
  readers.push(reader);
  return reader;
}

const write = (body = 'hello') => clientWrites(ctx, business, { phone: PHONE, body });
const feedCursor = async () =>
  (await gateway.ask<{ feedCursor: string }>('GET', '/v1/conversations', { key: business.key })).body
    .feedCursor;

describe('an event', () => {
  it('brings message and conversation as the lists show them', async () => {
    const reader = await listen({ cursor: await feedCursor() });
    const { messageId, conversationId } = await write('שלום');
    const event = await reader.message(messageId);
    expect(event.type).toBe('message.received');
    expect(event.id).toMatch(/^\d+-\d+$/);
    expect(event.data).toMatchObject({
      type: 'message.received',
      conversationId,
      message: { content: { body: 'שלום' } },
      conversation: { id: conversationId, lastMessage: { id: messageId } },
    });
    expect(MessageSchema.parse(event.data.message)).toEqual(event.data.message);
    expect(ConversationSchema.parse(event.data.conversation)).toEqual(event.data.conversation);
    expect(reader.events).toHaveLength(1);
  });

  it('stays in order within a tenant', async () => {
    const reader = await listen({ cursor: await feedCursor() });
    const ids: string[] = [];
    for (let index = 0; index < 20; index += 1) ids.push((await write(String(index))).messageId);
    await reader.message(ids.at(-1) ?? '');
    expect(reader.messageIds).toEqual(ids);
  });

  it('holds no content in Redis', async () => {
    await write('canary-content');
    const entries = await ctx.liveRedis.xrange(feedKey(ctx.prefix, business.tenantId), '-', '+');
    expect(JSON.stringify(entries)).not.toMatch(new RegExp(`canary-content|${PHONE}`));
    expect(entries.length).toBeGreaterThan(0);
  });
});

describe('the stream', () => {
  it('is not cached or buffered, and asks for a pause before coming back', async () => {
    const reader = await listen();
    expect(reader.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(reader.response.headers.get('cache-control')).toBe('no-store, no-transform');
    expect(reader.response.headers.get('x-accel-buffering')).toBe('no');
    await until('the wish for a pause', () => reader.retryMs >= 1_000 && reader.retryMs <= 4_000);
  });

  it('needs both scopes, a valid key and a cursor that is one', async () => {
    const key = await keyWith(ctx, business.tenantId, ['conversations:read']);
    const { status, body } = await gateway.ask('GET', '/v1/feed', { key });
    expect([status, body.type]).toEqual([403, 'https://whatsper.dev/problems/insufficient-scope']);
    expect(body.detail).toContain('messages:read');
    expect((await gateway.ask('GET', '/v1/feed')).status).toBe(401);
    for (const query of ['cursor=abc', 'cursor=1-1&cursor=1-2', 'key=wsk_x', 'cursor=1-1;DROP']) {
      expect((await gateway.ask('GET', `/v1/feed?${query}`, { key: business.key })).status).toBe(422);
    }
  });

  it('without an id starts now, and says where that is', async () => {
    await write();
    const reader = await listen();
    await until('its place', () => /^id: \d+-\d+$/m.test(reader.text));
    const { messageId } = await write();
    await reader.message(messageId);
    expect(reader.messageIds).toEqual([messageId]);
  });
});

describe('resuming', () => {
  it('loses and repeats nothing over reconnects, while events go on', async () => {
    const cursor = await feedCursor();
    const expected: string[] = [];
    const seen: string[] = [];
    let lastEventId: string | undefined;
    for (let round = 0; round < 4; round += 1) {
      const reader = await listen({ cursor, lastEventId });
      for (let index = 0; index < 5; index += 1) expected.push((await write()).messageId);
      await until('some events', () => reader.events.length > round);
      await reader.close();
      lastEventId = reader.lastEventId ?? lastEventId;
      seen.push(...reader.messageIds);
      for (let index = 0; index < 3; index += 1) expected.push((await write()).messageId);
    }
    const last = await listen({ cursor, lastEventId });
    await last.message(expected.at(-1) ?? '');
    seen.push(...last.messageIds);
    expect(seen).toEqual(expected);
  });

  it('goes on at another process', async () => {
    const other = await openGateway(ctx);
    const reader = await listen({ cursor: await feedCursor() });
    const first = await write();
    await reader.message(first.messageId);
    await reader.close();
    const second = await write();
    const again = await listen({ url: other.url, lastEventId: reader.lastEventId });
    await again.message(second.messageId);
    expect(again.messageIds).toEqual([second.messageId]);
    await again.close();
    await other.close();
  });

  it('misses nothing between a list and the feed', async () => {
    const before = await write();
    const list = await gateway.ask<{ items: { id: string }[]; feedCursor: string }>(
      'GET',
      `/v1/conversations/${before.conversationId}/messages`,
      { key: business.key },
    );
    const between = await write();
    const reader = await listen({ cursor: list.body.feedCursor });
    await reader.message(between.messageId);
    expect(list.body.items.map(({ id }) => id)).toEqual([before.messageId]);
    expect(reader.messageIds).toEqual([between.messageId]);
  });

  it('replays a long absence in order', async () => {
    const cursor = await feedCursor();
    const { messageId, conversationId } = await write();
    for (let index = 0; index < 450; index += 1) {
      await publish(ctx, business.tenantId, { type: 'message.status', conversationId, messageId });
    }
    const reader = await listen({ cursor });
    await until('all events', () => reader.events.length === 451);
    const ids = reader.events.map(({ id }) => id);
    expect(new Set(ids).size).toBe(451);
  });
});

describe('reset', () => {
  /** A reset, and then everything that happens after it. */
  async function expectReset(from: From): Promise<void> {
    const reader = await listen(from);
    const reset = await reader.event('reset');
    expect(reset.data).toEqual({ type: 'reset' });
    const { messageId } = await write();
    await reader.message(messageId);
    expect(reader.events.map(({ type }) => type)).toEqual(['reset', 'message.received']);
  }

  it('comes when the stream is empty', async () => {
    const cursor = await feedCursor();
    await ctx.liveRedis.del(feedKey(ctx.prefix, business.tenantId));
    await expectReset({ cursor });
  });

  it('comes when the stream was trimmed beyond the id', async () => {
    const cursor = await feedCursor();
    await write();
    await write();
    await ctx.liveRedis.xtrim(feedKey(ctx.prefix, business.tenantId), 'MAXLEN', 1);
    await expectReset({ cursor });
  });

  it('comes when the stream is younger than the id', async () => {
    await write();
    await expectReset({ lastEventId: `${Date.now() + 3_600_000}-0` });
  });

  it('comes for a cursor that was taken while Redis was away', async () => {
    await write();
    await expectReset({ cursor: '0-0' });
  });

  it('comes for an id of another tenant', async () => {
    const other = await openBusiness(ctx, 'Bet');
    await clientWrites(ctx, other, { phone: PHONE });
    const theirs = await gateway.ask<{ feedCursor: string }>('GET', '/v1/conversations', { key: other.key });
    await write();
    await expectReset({ cursor: theirs.body.feedCursor });
  });

  it('comes when this process lost Redis; the id then leads on', async () => {
    const reader = await listen({ cursor: await feedCursor() });
    const before = await write();
    await reader.message(before.messageId);
    await killFeedConnection();
    const reset = await reader.event('reset');
    const after = await write();
    await reader.message(after.messageId);
    const again = await listen({ lastEventId: reset.id });
    await again.message(after.messageId);
    expect(again.events.map(({ type }) => type)).toEqual(['message.received']);
  });

  /** Ends the connection on which this file's gateway reads, as a fallen Redis would. */
  async function killFeedConnection(): Promise<void> {
    const clients = (await ctx.liveRedis.client('LIST')) as string;
    const name = `name=${ctx.prefix}:feed`;
    const line = clients.split('\n').find((candidate) => candidate.includes(name)) ?? '';
    const id = /\bid=(\d+)/.exec(line)?.[1] ?? '';
    expect(await ctx.liveRedis.client('KILL', 'ID', Number(id))).toBe(1);
  }
});

describe('P4: two tenants', () => {
  it('are never mixed', async () => {
    const other = await openBusiness(ctx, 'Bet');
    const mine = await listen();
    const theirs = await listen({ key: other.key });
    await until('both places', () => [mine, theirs].every(({ text }) => text.includes('id: ')));
    const written: { mine: Written[]; theirs: Written[] } = { mine: [], theirs: [] };
    for (let index = 0; index < 10; index += 1) {
      written.mine.push(await write('canary-mine'));
      written.theirs.push(await clientWrites(ctx, other, { phone: PHONE, body: 'canary-theirs' }));
    }
    await mine.message(written.mine.at(-1)?.messageId ?? '');
    await theirs.message(written.theirs.at(-1)?.messageId ?? '');
    expect(mine.messageIds).toEqual(written.mine.map(({ messageId }) => messageId));
    expect(theirs.messageIds).toEqual(written.theirs.map(({ messageId }) => messageId));
    expect(mine.text).not.toContain('canary-theirs');
    expect(theirs.text).not.toContain('canary-mine');
  });

  it('see nothing of an event that names a foreign message', async () => {
    const other = await openBusiness(ctx, 'Bet');
    const foreign = await clientWrites(ctx, other, { phone: PHONE, body: 'canary-theirs' });
    const reader = await listen({ cursor: await feedCursor() });
    await publish(ctx, business.tenantId, { type: 'message.status', ...foreign });
    const event = await reader.event('message.status');
    expect(event.data).toEqual({ type: 'message.status', conversationId: foreign.conversationId });
    expect(reader.text).not.toContain('canary-theirs');
  });
});

describe('a revoked key', () => {
  it('ends its stream within 5 s, and no other', async () => {
    const { id: keyId, key } = await createApiKey(ctx, { tenantId: business.tenantId, scopes: [...SCOPES] });
    const revoked = await listen({ key });
    const other = await listen();
    const started = performance.now();
    await revokeApiKey(ctx, { tenantId: business.tenantId, keyId });
    await revoked.end();
    expect(revoked.retryMs).toBe(0);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(other.ended).toBe(false);
    await expect(FeedReader.open({ url: gateway.url, key })).rejects.toThrow('401');
  });
});

describe('a client that reads nothing', () => {
  it('is cut off, and delays nobody', async () => {
    const body = 'x'.repeat(4_000);
    const { messageId, conversationId } = await write(body);
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`GET /v1/feed HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${business.key}\r\n\r\n`);
    await new Promise((resolve) => socket.once('readable', resolve));
    const reader = await listen({ cursor: await feedCursor() });
    const isCut = () => log.lines.some((line) => line.includes('"outcome":"slow"'));
    let published = 0;
    while (!isCut() && published < 5_000) {
      for (let index = 0; index < 50; index += 1, published += 1) {
        await publish(ctx, business.tenantId, { type: 'message.status', conversationId, messageId });
      }
      await until('the reading client', () => reader.events.length === published);
    }
    expect(isCut()).toBe(true);
    expect(reader.ended).toBe(false);
    socket.destroy();
  }, 60_000);
});

describe('stopping', () => {
  it('ends every stream, and its connection, at once', async () => {
    const other = await openGateway(ctx);
    const reader = await listen({ url: other.url });
    const started = performance.now();
    await other.close(10_000);
    await reader.end();
    expect(performance.now() - started).toBeLessThan(5_000); // it does not wait for the budget to be spent
  });
});
