/** The disk of the spool becomes read-only while the process runs and Redis is away: 503, and 200 when it is writable again. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from '@jest/globals';

import type { Placed } from '../../src/lanes/item-lanes.ts';
import { openIntake } from '../../src/webhooks/intake.ts';
import { createWebhookHandler } from '../../src/webhooks/receiver.ts';
import { realFiles, type SpoolFiles } from '../../src/webhooks/segment.ts';
import { Spool } from '../../src/webhooks/spool.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { until } from '../support/until.ts';
import { change, envelope, signature, textMessage, wire } from '../support/webhook.ts';
import { SECRET } from './door.ts';

let ctx: TestContext;
let root: string;
beforeEach(async () => {
  ctx = await testContext();
  root = await mkdtemp(join(tmpdir(), 'whatsper-read-only-'));
});
afterEach(async () => {
  await ctx.close();
  await rm(root, { recursive: true, force: true });
});

/** What a file system answers that was remounted read-only after an error of its disk, also to files that are open. */
function remountable(): { files: SpoolFiles; disk: { readOnly: boolean } } {
  const disk = { readOnly: false };
  const refused = () =>
    Promise.reject(Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' }));
  const files: SpoolFiles = {
    async open(path, flags) {
      if (disk.readOnly) return refused();
      const file = await realFiles.open(path, flags);
      for (const operation of ['write', 'datasync', 'truncate'] as const) {
        const original = file[operation].bind(file) as (...args: unknown[]) => Promise<never>;
        const guarded = (...args: unknown[]) => (disk.readOnly ? refused() : original(...args));
        Object.assign(file, { [operation]: guarded });
      }
      return file;
    },
  };
  return { files, disk };
}

it('answers 503 while the disk is read-only, then 200; what was acknowledged before and after is kept, in order', async () => {
  const { log, clock, random, master, queueRedis: redis } = ctx;
  const { files, disk } = remountable();
  const spool = await Spool.open({ root, log, random, clock, files });
  const inLanes: Placed[] = [];
  let redisIsAway = true;
  const lanes = {
    append: (items: Placed[]) => {
      if (redisIsAway) return Promise.reject(new Error('Connection is closed.'));
      inLanes.push(...items);
      return Promise.resolve();
    },
  };
  const intake = openIntake({ lanes, spool, redis, master, log });
  const server = createServer(createWebhookHandler(ctx, intake));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const post = async (id: string) => {
    const body = wire(envelope([change({ messages: [textMessage(id, 'hello')] })]));
    const headers = { 'X-Hub-Signature-256': signature(body, SECRET) };
    const url = `http://127.0.0.1:${port}/webhooks/whatsapp`;
    return (await fetch(url, { method: 'POST', body: new Uint8Array(body), headers })).status;
  };
  expect(await post('wamid.before')).toBe(200);
  disk.readOnly = true;
  expect(await post('wamid.refused')).toBe(503);
  expect(await post('wamid.refused')).toBe(503);
  disk.readOnly = false;
  expect(await post('wamid.refused')).toBe(200);
  expect(await post('wamid.after')).toBe(200);
  redisIsAway = false;
  await until('the spool is drained', () => spool.isEmpty);
  const ids = inLanes.map(({ item }) => (item.body.message as { id: string }).id);
  expect(ids).toEqual(['wamid.before', 'wamid.refused', 'wamid.after']);
  await new Promise((resolve) => server.close(resolve));
  await intake.close();
});
