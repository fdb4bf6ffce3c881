/** Connections to the database that break at the worst moment: whoever uses them is told, and nobody waits for ever. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { isAway } from '../../src/store/errors.ts';
import { newId } from '../../src/store/ids.ts';
import { asOperator } from '../../src/store/scope.ts';
import { type RouteRow, Routes } from '../../src/tenants/model.ts';
import { type TestContext, testContext } from '../support/context.ts';

let ctx: TestContext;
let sockets: Socket[];
const keep = (message: unknown) => sockets.push((message as { socket: Socket }).socket);

beforeEach(async () => {
  sockets = [];
  subscribe('net.client.socket', keep);
  ctx = await testContext();
});
afterEach(async () => {
  unsubscribe('net.client.socket', keep);
  await ctx.close();
});

/** Those to the database, that are open. */
function connections(): Socket[] {
  const { port } = new URL((ctx.environment.MONGODB_URI ?? '').replace(/^mongodb/, 'http'));
  return sockets.filter((socket) => !socket.destroyed && String(socket.remotePort) === port);
}

const find = () => asOperator('a test', () => ctx.store.model(Routes).findOne({ _id: '1' }).lean().exec());

/** Of a tenant whose name has so many letters: a large row is more than a socket takes at once. */
function insert(letters: number): Promise<unknown> {
  const row: RouteRow = {
    _id: newId(ctx, 'row'),
    tenantId: 'x'.repeat(letters),
    channelId: 'channel',
    wabaId: 'waba',
    app: 'default',
    createdAt: new Date(ctx.clock.now()),
  };
  return asOperator('a test', () => ctx.store.model(Routes).insertMany([row]));
}

/** The socket is lost when it has taken a part of a large command, and whoever wrote it waits for the rest to go. */
function destroyAmidWriting(socket: Socket): void {
  const write = socket.write.bind(socket) as (piece: Uint8Array, ...rest: unknown[]) => boolean;
  socket.write = (piece: Uint8Array | string, ...rest: unknown[]) => {
    const mayGoOn = write(piece as Uint8Array, ...rest);
    if (piece.length > 1_000_000) process.nextTick(() => socket.destroy());
    return mayGoOn;
  };
}

/** True: an outage; false: another error. */
const outcome = (work: Promise<unknown>) => work.then(() => 'done', isAway);

describe('a connection to the database that is lost', () => {
  it('just before it is used: a write is told of an outage, a read is tried once more', async () => {
    await find();
    const lost = connections();
    expect(lost.length).toBeGreaterThan(0);
    for (const socket of lost) socket.destroy();
    expect(await outcome(insert(10))).toBe(true);
    for (const socket of connections()) socket.destroy();
    expect(await find()).toBeNull();
  });

  it('while a long command is being written: the write is told of an outage', async () => {
    await find();
    for (const socket of connections()) destroyAmidWriting(socket);
    expect(await outcome(insert(8_000_000))).toBe(true);
  });
});
