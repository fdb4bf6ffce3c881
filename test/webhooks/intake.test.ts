/** Between Redis and the disk: order, a nearly full Redis, an outcome that nobody knows, one bad body among good ones. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';

import { findRedis } from '../../embedded/redis/find.ts';
import { ItemLanes, type Placed } from '../../src/lanes/item-lanes.ts';
import { systemClock, systemRandom } from '../../src/ops/clock.ts';
import { openRedis } from '../../src/store/redis.ts';
import { type Intake, openIntake } from '../../src/webhooks/intake.ts';
import { Spool } from '../../src/webhooks/spool.ts';
import type { SpoolSize } from '../../src/webhooks/spool-files.ts';
import { freePort } from '../cli/free-port.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { until } from '../support/until.ts';

let ctx: TestContext;
let root: string;
let closers: (() => unknown)[];

beforeEach(async () => {
  ctx = await testContext();
  root = await mkdtemp(join(tmpdir(), 'whatsper-intake-'));
  closers = [];
});
afterEach(async () => {
  for (const close of closers.reverse()) await close();
  await ctx.close();
  await rm(root, { recursive: true, force: true });
});

function placed(n: number, lane = 'lane', body: Record<string, unknown> = { n }): Placed {
  const origin = { app: 'default', wabaId: '1', field: 'messages', phoneNumberId: '2' };
  return {
    item: { kind: 'message', ...origin, position: ctx.positions.next(), body },
    lane: lane + (n < 0 ? n : ''),
  };
}

async function intakeOn(
  url: string,
  lanes?: Pick<ItemLanes, 'append'>,
): Promise<{ intake: Intake; lanes: ItemLanes }> {
  const { log, master, prefix } = ctx;
  const redis = openRedis({ url, log, clock: systemClock, part: 'queue', mode: 'fail-fast' });
  closers.push(() => redis.disconnect());
  const own = new ItemLanes({
    redis,
    prefix,
    log,
    clock: systemClock,
    random: systemRandom,
    master,
    queues: 1,
  });
  closers.push(() => own.close());
  const spool = await Spool.open({
    root: join(root, 'spool'),
    log,
    random: systemRandom,
    clock: systemClock,
  });
  const intake = openIntake({ lanes: lanes ?? own, spool, redis, master, log });
  closers.push(() => intake.close());
  return { intake, lanes: own };
}

const isEmpty = ({ segments }: SpoolSize) => segments === 0;
const bodies = async (lanes: ItemLanes) =>
  (await lanes.read('inbound-0', 'lane', 10_000)).map(({ item }) => item.body.n);

/** A Redis of this test alone. */
async function ownRedis(maxmemory: string): Promise<string> {
  const program = await findRedis([...(process.env.PATH ?? '').split(':'), '/usr/bin', '/usr/local/bin']);
  if (!program) throw new Error('The tests need a redis-server on the machine.');
  const port = await freePort();
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--maxmemory', maxmemory];
  const child: ChildProcess = spawn(program.path, [...options, '--dir', root], { stdio: 'ignore' });
  closers.push(async () => {
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
  });
  const url = `redis://127.0.0.1:${port}`;
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  redis.on('error', () => undefined);
  await redis.ping();
  redis.disconnect();
  return url;
}

describe('intake', () => {
  it('spools when Redis has less than a quarter of its memory left, and drains in order when it has again', async () => {
    const url = await ownRedis('32mb');
    const { intake, lanes } = await intakeOn(url);
    await until('it looked for orphans', () => isEmpty(intake.spooled()));
    const redis = new Redis(url);
    closers.push(() => redis.disconnect());
    const used = async () => Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
    const piece = Buffer.alloc(64 * 1024);
    for (let count = 0; (await used()) < 0.8 * 32 * 2 ** 20; count += 1) {
      await redis.set(`filler:${count}`, piece);
    }
    let n = 0;
    await until('it spools', async () => {
      await intake.take([placed((n += 1))]);
      return !isEmpty(intake.spooled());
    });
    await intake.take([placed((n += 1))]);
    const before = await bodies(lanes);
    expect(before.length).toBeLessThan(n);
    await redis.del(...(await redis.keys('filler:*')));
    await until('the spool is drained', () => isEmpty(intake.spooled()));
    expect(await bodies(lanes)).toEqual(Array.from({ length: n }, (_, index) => index + 1));
  });

  it('sends nothing twice by itself: a write whose outcome nobody knows goes to the spool, then once to the lanes', async () => {
    const url = await ownRedis('64mb');
    const { port } = new URL(url);
    const cutter = await cuttingProxy(Number(port));
    const { intake, lanes } = await intakeOn(`redis://127.0.0.1:${cutter.port}`);
    await until('it takes into Redis', async () => {
      await intake.take([placed(0)]);
      return isEmpty(intake.spooled()) && (await bodies(lanes).catch(() => [])).length > 0;
    });
    const redis = new Redis(url);
    closers.push(() => redis.disconnect());
    const appends = async () =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0);
    cutter.cutAfterNextWrite();
    const first = await appends();
    await intake.take([placed(1)]);
    expect(intake.spooled().segments).toBe(1);
    await until('the spool is drained', () => isEmpty(intake.spooled()));
    // Redis did the first write, whose answer was cut off, and the one from the spool; each is one or two scripts.
    expect((await bodies(lanes)).filter((n) => n === 1).length).toBeLessThanOrEqual(2);
    expect((await appends()) - first).toBeLessThanOrEqual(4);
  });

  it('what can not be written down fails alone, not those who came with it', async () => {
    const refusing = { append: () => Promise.reject(new Error('Redis is away.')) };
    const { intake } = await intakeOn(ctx.environment.REDIS_URL ?? '', refusing);
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const outcomes = await Promise.allSettled([
      intake.take([placed(1)]),
      intake.take([placed(2)]),
      intake.take([placed(3, 'lane', circle)]),
      intake.take([placed(4)]),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  });

  it('every lane keeps its order while writes of several are under way, and some of them fail', async () => {
    const lanes = Array.from('abcdefgh');
    /** As a worker sees them that never waits: what comes late is late. */
    const arrived = new Map(lanes.map((lane) => [lane, [] as unknown[]]));
    const expected = new Map(lanes.map((lane) => [lane, [] as unknown[]]));
    let writes = 0;
    let failures = 0;
    const door = {
      append: async (items: Placed[]) => {
        writes += 1;
        const isBad = writes % 5 === 3;
        await ctx.queueRedis.ping();
        if (isBad) {
          failures += 1;
          throw new Error('Redis said no.');
        }
        for (const { item, lane } of items) arrived.get(lane)?.push(item.body.n);
      },
    };
    const { intake } = await intakeOn(ctx.environment.REDIS_URL ?? '', door);
    let n = 0;
    const next = (lane: string) => {
      expected.get(lane)?.push(n);
      return placed(n++, lane);
    };
    for (let round = 0; round < 6; round += 1) {
      const taking: Promise<void>[] = [];
      for (let request = 0; request < 40; request += 1) {
        // Webhooks with an item of each lane, and with one of one: nobody waits for those before.
        const of = request % 3 === 0 ? lanes : [lanes[request % lanes.length] ?? ''];
        taking.push(intake.take(of.map(next)));
        await nextTurn();
      }
      await Promise.all(taking);
      await until('the spool is drained', () => isEmpty(intake.spooled()));
    }
    expect(writes).toBeGreaterThan(20);
    expect(failures).toBeGreaterThan(4);
    expect(arrived).toEqual(expected);
  });

  it('what comes while the spool is drained stands after it', async () => {
    let open = false;
    const real = (await intakeOn(ctx.environment.REDIS_URL ?? '')).lanes;
    const door = {
      append: (items: Placed[]) => (open ? real.append(items) : Promise.reject(new Error('Redis is away.'))),
    };
    const { intake } = await intakeOn(ctx.environment.REDIS_URL ?? '', door);
    for (let n = 0; n < 60; n += 1) await intake.take([placed(n)]);
    open = true;
    let n = 60;
    await until('the spool is drained under way', async () => {
      await intake.take([placed((n += 1) - 1)]);
      return isEmpty(intake.spooled());
    });
    expect(await bodies(real)).toEqual(Array.from({ length: n }, (_, index) => index));
  });
});

/** Passes everything on, but breaks the connection once a write has reached Redis, before its answer. */
async function cuttingProxy(target: number): Promise<{ port: number; cutAfterNextWrite(): void }> {
  const sockets = new Set<Socket>();
  let cutting = false;
  const server: Server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    let cut = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    client.on('data', (data) => {
      if (cutting && data.includes('evalsha')) {
        cutting = false;
        cut = true;
      }
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (cut) client.destroy();
      else client.write(data);
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    port: (server.address() as { port: number }).port,
    cutAfterNextWrite: () => {
      cutting = true;
    },
  };
}
