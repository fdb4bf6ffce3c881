/** The whole way of a message on a real Redis Cluster: four queues over three nodes, one of which dies and comes back. */
import { rm } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Cluster } from 'ioredis';

import { feedKey } from '../../src/agents/feed.ts';
import type { Context } from '../../src/context.ts';
import { inboundMessageId } from '../../src/conversations/ids.ts';
import { type MessageRow, Messages } from '../../src/conversations/model.ts';
import { keyTag } from '../../src/lanes/leases.ts';
import { LaneQueue } from '../../src/lanes/queue.ts';
import { workLanes } from '../../src/lanes/worker.ts';
import { type Gateway, startGateway } from '../../src/main.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { createLogger } from '../../src/ops/log.ts';
import { type OpenContext, openContext } from '../../src/start.ts';
import { memoryUse, openRedis, pingAll } from '../../src/store/redis.ts';
import { withTenant } from '../../src/store/scope.ts';
import { FeedReader } from '../agents/reader.ts';
import { testEnvironment } from '../support/context.ts';
import { dropDatabases } from '../support/databases.ts';
import { type Business, openBusiness } from '../support/fixtures.ts';
import { type ClusterNode, type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts';
import { until } from '../support/until.ts';
import { change, envelope, signature, textMessage, wire } from '../support/webhook.ts';

jest.setTimeout(60_000);

const SENDERS = 12;
const log = createLogger('silent');
let cluster: RedisCluster;
let environment: Record<string, string>;
let opened: OpenContext;
let ctx: Context;
let gateway: Gateway;
let business: Business;
let lines: string[];
let written = 0;

beforeAll(async () => {
  cluster = await startRedisCluster();
  environment = testEnvironment({ REDIS_URL: cluster.url, REDIS_CLUSTER: 'on', INBOUND_QUEUES: '4' });
  opened = await openContext(environment, { log });
  ctx = opened.ctx;
  business = await openBusiness(ctx, 'Aleph');
  lines = [];
  gateway = await startGateway(environment, createLogger('info', { write: (line) => void lines.push(line) }));
  await gateway.ready;
});
afterAll(async () => {
  await gateway.stop();
  await opened.close();
  await dropDatabases(environment.MONGODB_URI ?? '');
  await cluster.stop();
  await rm(environment.DATA_DIR ?? '', { recursive: true, force: true });
});

const wamid = (round: string, sender: number, at: number) => `wamid.${round}.${sender}.${at}`;

/** Each sender writes `count` messages, one webhook after the other. */
async function write(round: string, count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    const senders = Array.from({ length: SENDERS }, (_item, sender) => sender);
    await Promise.all(
      senders.map(async (sender) => {
        const message = textMessage(wamid(round, sender, at), 'hello', { phone: `97250000${1000 + sender}` });
        const body = wire(envelope([change({ messages: [message] }, business.phoneNumberId)]));
        const { status } = await fetch(`http://127.0.0.1:${gateway.port}/webhooks/whatsapp`, {
          method: 'POST',
          body: new Uint8Array(body),
          headers: { 'X-Hub-Signature-256': signature(body, environment.META_APP_SECRET ?? '') },
        });
        expect(status).toBe(200);
        written += 1;
      }),
    );
  }
}

/** Ids of the messages in the order in which they were forwarded. (The feed may lose an event and say `reset`.) */
async function forwarded(): Promise<string[]> {
  const rows = await withTenant(business.tenantId, () =>
    ctx.store
      .model(Messages)
      .find({ direction: 'in', forward: 'done' })
      .sort({ forwardedAt: 1, position: 1 })
      .lean<MessageRow[]>()
      .exec(),
  );
  return rows.map(({ _id }) => _id);
}

/** Ids of the messages that the feed tells of, and `reset` where it lost one. */
async function toldByFeed(): Promise<string[]> {
  const entries = await ctx.liveRedis.xrange(feedKey(ctx.prefix, business.tenantId), '-', '+');
  return entries.map(([, fields]) => {
    const at = fields.indexOf('messageId');
    return (at < 0 ? fields[1] : fields[at + 1]) ?? '';
  });
}

/** Everything that was written was forwarded once, and of each sender in order. */
async function expectAll(round: string, count: number): Promise<void> {
  await until('all are forwarded', async () => (await forwarded()).length === written, 40_000);
  const order = await forwarded();
  const told = await toldByFeed();
  if (!told.includes('reset')) expect(told).toEqual(expect.arrayContaining(order)); // what it lost it says
  for (let sender = 0; sender < SENDERS; sender += 1) {
    const ids = await Promise.all(
      Array.from({ length: count }, (_item, at) =>
        inboundMessageId(ctx, business.tenantId, business.phoneNumberId, wamid(round, sender, at)),
      ),
    );
    expect(order.filter((id) => ids.includes(id))).toEqual(ids);
  }
}

/** The node on which a queue stands. */
async function nodeOf(queue: string): Promise<ClusterNode> {
  const slot = await (ctx.queueRedis as Cluster).cluster('KEYSLOT', keyTag(ctx.prefix, queue));
  const index = cluster.nodes.findIndex((_node, at) => Number(slot) < Math.ceil(((at + 1) * 16_384) / 3));
  return cluster.nodes[index] as ClusterNode;
}

describe('on a Redis Cluster', () => {
  it('messages go through four queues on several nodes, each sender in order, once', async () => {
    await write('plain', 8);
    await expectAll('plain', 8);
    const nodes = await Promise.all([0, 1, 2, 3].map((index) => nodeOf(`inbound-${index}`)));
    for (const [index, { redis }] of nodes.entries()) {
      expect(await redis.keys(`${keyTag(ctx.prefix, `inbound-${index}`)}*`)).not.toEqual([]);
    }
    expect(lines.join('')).not.toMatch(/CROSSSLOT|same slot/);
  });

  it('an agent hears of a message on the live feed', async () => {
    const url = `http://127.0.0.1:${gateway.port}`;
    const feed = await FeedReader.open({ url, key: business.key });
    await write('feed', 1);
    await feed.message(
      await inboundMessageId(ctx, business.tenantId, business.phoneNumberId, wamid('feed', 3, 0)),
    );
    await feed.close();
  });

  it('a lane of rows is worked, and a waiting one comes again', async () => {
    const redis = openRedis({
      url: cluster.url,
      cluster: true,
      log,
      clock: systemClock,
      part: 'test',
      mode: 'wait',
    });
    let turns = 0;
    const queue = new LaneQueue({ redis, prefix: ctx.prefix, name: 'test', log, clock: systemClock });
    const worker = workLanes({
      ...{ redis, prefix: ctx.prefix, queue, concurrency: 2, log, clock: systemClock, random: ctx.random },
      handle: ({ lane }) => {
        turns += lane === 'cnv_test' ? 1 : 0;
        return Promise.resolve(turns < 3 ? { againAfterMs: 10 } : 'done');
      },
    });
    await queue.wakeAll([{ lane: 'cnv_test', tenantId: business.tenantId }]);
    await until('the lane had its turns', () => turns === 3);
    await worker.close(5_000);
    await queue.close();
    redis.disconnect();
  });

  it('takes webhooks while a node is away, and handles them in order when it is back', async () => {
    const node = await nodeOf('inbound-1');
    await node.kill();
    await expect(pingAll(ctx.queueRedis)).rejects.toThrow();
    await write('away', 4);
    await until('some wait on the disk', () => lines.join('').includes('intake.spooling'));
    await node.start();
    await until('the cluster answers', () =>
      pingAll(ctx.queueRedis).then(
        () => true,
        () => false,
      ),
    );
    await write('back', 2);
    await expectAll('away', 4);
    await expectAll('back', 2);
  });

  it('looks at the memory of each node', async () => {
    expect(await memoryUse(ctx.queueRedis)).toBe(0);
    const { redis } = cluster.nodes[1] as ClusterNode;
    const used = Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
    await redis.config('SET', 'maxmemory', String(Math.round(used * 1.1)));
    expect(await memoryUse(ctx.queueRedis)).toBeGreaterThan(0.75);
    await redis.config('SET', 'maxmemory', '0');
  });
});
