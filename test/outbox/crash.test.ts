/** P5: a worker that is paused or dies never makes us send twice, and what may have been sent waits for a person. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import type { ConversationRow } from '../../src/conversations/model.ts';
import { LOCK_MS } from '../../src/lanes/leases.ts';
import { ManualClock } from '../support/clock.ts';
import { openWorld, type Sent, wamidOf, type World } from './world.ts';

/** A Graph API on a real port that notes what reaches it, and answers when it is told. */
const received: Sent[] = [];
let answering = true;
const graph = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    const sent = JSON.parse(body) as Sent;
    received.push(sent);
    graph.emit('received');
    if (answering) response.end(JSON.stringify({ messages: [{ id: wamidOf(sent) }] }));
  });
});

const clock = new ManualClock(Date.now());
let world: World;
let conversation: ConversationRow;
let clients = 0;

beforeAll(async () => {
  graph.listen(0, '127.0.0.1');
  await once(graph, 'listening');
  const { port } = graph.address() as AddressInfo;
  world = await openWorld(clock, { GRAPH_API_URL: `http://127.0.0.1:${port}` });
});
afterEach(() => {
  received.length = 0;
  answering = true;
});
afterAll(async () => {
  await world.close();
  graph.closeAllConnections();
  graph.close();
});

async function newConversation(): Promise<ConversationRow> {
  clients += 1;
  return world.conversation({ phone: `97252000${1000 + clients}` });
}

/** A turn that stops at its last look before the call until it is released, as if its process were paused there. */
function pausedTurn(holdsAfterwards: boolean) {
  let release = () => {};
  let reached = () => {};
  const pause = new Promise<void>((resolve) => (release = resolve));
  const isPaused = new Promise<void>((resolve) => (reached = resolve));
  const holds = async () => {
    reached();
    await pause;
    return holdsAfterwards;
  };
  return { turn: { holds }, isPaused, release: () => release() };
}

describe('P5: of two workers at one lane', () => {
  beforeAll(async () => {
    conversation = await newConversation();
  });

  it('the second leaves a young attempt alone, and the first one that lost its lock gives it back unsent', async () => {
    const { _id } = await world.accept(conversation, 'one');
    const paused = pausedTurn(false);
    const first = world.work(conversation, paused.turn);
    await paused.isPaused;
    const second = await world.work(conversation);
    expect(second).toEqual({ againAfterMs: LOCK_MS });
    paused.release();
    expect(await first).toEqual({ againAfterMs: 0 });
    expect(received).toEqual([]);
    expect((await world.row(_id)).status).toBe('queued');
    expect(await world.work(conversation)).toBe('done');
    expect(received).toHaveLength(1);
  });

  it('the first does not call any more when the second took its attempt for dead', async () => {
    const { _id } = await world.accept(conversation, 'two');
    const paused = pausedTurn(true); // it believes to hold the lane
    const first = world.work(conversation, paused.turn);
    await paused.isPaused;
    clock.advance(LOCK_MS);
    expect(await world.work(conversation)).toEqual({ againAfterMs: 30_000 - LOCK_MS });
    expect((await world.row(_id)).status).toBe('unconfirmed');
    paused.release();
    await first;
    expect(received).toEqual([]);
    expect((await world.row(_id)).status).toBe('unconfirmed');
  });

  it('the first does not call after a pause longer than its lock, even if nobody came', async () => {
    const other = await newConversation();
    const { _id } = await world.accept(other, 'three');
    const paused = pausedTurn(true);
    const first = world.work(other, paused.turn);
    await paused.isPaused;
    clock.advance(LOCK_MS);
    paused.release();
    expect(await first).toEqual({ againAfterMs: 0 });
    expect(received).toEqual([]);
    expect((await world.row(_id)).status).toBe('queued');
  });

  it('both at the same moment send once', async () => {
    const other = await newConversation();
    await world.accept(other, 'four');
    await Promise.all([world.work(other), world.work(other), world.work(other)]);
    expect(received).toHaveLength(1);
  });

  it('an answer that comes after the second gave up on it still counts', async () => {
    const other = await newConversation();
    const { _id } = await world.accept(other, 'five');
    answering = false;
    const called = once(graph, 'received');
    const responses: (() => void)[] = [];
    const hold = (_request: unknown, response: { end(body: string): void }) => {
      responses.push(() => response.end(JSON.stringify({ messages: [{ id: 'wamid.late' }] })));
    };
    graph.prependOnceListener('request', hold);
    const first = world.work(other);
    await called;
    clock.advance(LOCK_MS);
    await world.work(other);
    expect((await world.row(_id)).status).toBe('unconfirmed');
    responses.forEach((answer) => answer());
    await first;
    expect((await world.row(_id)).status).toBe('accepted');
    expect(received).toHaveLength(1);
  });
});

describe('P5: a worker killed in the middle of its call', () => {
  let child: ChildProcess;
  let own: World;
  const ownClock = new ManualClock(Date.now());
  beforeAll(async () => {
    // Of its own: the process works every lane that it finds, and its clock is the system's.
    own = await openWorld(ownClock, { GRAPH_API_URL: world.ctx.settings.GRAPH_API_URL });
  });
  afterAll(async () => {
    child.kill('SIGKILL');
    await own.close();
  });

  it('leaves an unconfirmed message that nothing sends again; the next one goes', async () => {
    const other = await own.conversation({ phone: '972529990001' });
    const one = await own.accept(other, 'one');
    const two = await own.accept(other, 'two');
    answering = false;
    const called = once(graph, 'received');
    child = spawn(
      process.execPath,
      ['--import', 'tsx', fileURLToPath(new URL('./worker-process.ts', import.meta.url))],
      {
        env: { ...process.env, NODE_OPTIONS: '', WORLD: JSON.stringify(own.ctx.environment) },
        stdio: 'inherit',
      },
    );
    await called;
    child.kill('SIGKILL');
    await once(child, 'exit');
    answering = true;
    expect(received.map((sent) => sent.biz_opaque_callback_data)).toEqual([one._id]);
    expect((await own.row(one._id)).status).toBe('sending');

    ownClock.advance(LOCK_MS + 60_000);
    expect(await own.work(other)).toBe('done');
    expect((await own.row(one._id)).status).toBe('unconfirmed');
    expect((await own.row(two._id)).status).toBe('accepted');
    ownClock.advance(3_600_000);
    expect(await own.work(other)).toBe('done');
    expect(received.map((sent) => sent.biz_opaque_callback_data)).toEqual([one._id, two._id]);

    const status = { id: 'wamid.of-one', status: 'delivered', timestamp: '1795348800' };
    await own.status({ ...status, biz_opaque_callback_data: one._id });
    expect((await own.row(one._id)).status).toBe('delivered');
  }, 90_000);
});
