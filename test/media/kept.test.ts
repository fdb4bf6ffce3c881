/** Files that are kept: what we send, what a killed worker had begun; and files that go with what they belong to. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { MessageView } from '../../src/http/schemas.ts';
import { sweepMedia } from '../../src/media/sweep.ts';
import { asOperator } from '../../src/store/scope.ts';
import { openMediaClient } from '../../src/whatsapp/media.ts';
import { ManualClock } from '../support/clock.ts';
import { jpeg } from './files.ts';
import { openWorld, PHONE, type World } from './world.ts';

const clock = new ManualClock(Date.now());
let world: World;

beforeAll(async () => {
  world = await openWorld(clock, { FFMPEG: 'no-such-ffmpeg' });
});
afterAll(() => world.close());

async function namesOfBlobs(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of world.ctx.blobs.list()) names.push(name);
  return names;
}

/** A client's conversation whose own file is fetched: a worker finds nothing else to do. */
async function conversation(): Promise<string> {
  const { conversationId, messageId } = await world.receive({ bytes: await jpeg(), mime: 'image/jpeg' });
  await world.turn(messageId);
  return conversationId;
}

/** The business sends a file in the client's conversation. */
async function send(conversationId: string, body: object): Promise<string> {
  const asking = { key: world.business.key, body };
  const { body: sent } = await world.gateway.ask<MessageView>(
    'POST',
    `/v1/conversations/${conversationId}/messages`,
    asking,
  );
  return sent.id;
}

describe('what we send', () => {
  it('by the id of an upload is kept, and shown like what a client sends', async () => {
    const conversationId = await conversation();
    const bytes = await jpeg();
    const id = world.meta.lay({ bytes, mime: 'image/jpeg' });
    const messageId = await send(conversationId, { type: 'image', image: { id, caption: 'Cake' } });
    expect((await world.view(messageId)).media).toMatchObject({ status: 'pending' });
    await world.turn(messageId);
    const { media } = await world.view(messageId);
    expect(media).toMatchObject({ status: 'stored', mime: 'image/jpeg', size: bytes.length });
    expect(media?.thumbnailUrl).toBeDefined();
    const answer = await fetch(`${world.gateway.url}${media?.url ?? ''}`);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
  });

  it('T-SSRF: media link: what is sent by a link is fetched without our token, from public addresses only', async () => {
    const conversationId = await conversation();
    const bytes = await jpeg();
    const { port } = new URL(world.meta.url);
    // Stands for the public internet: one name leads here, all others nowhere.
    const client = openMediaClient(world.ctx.settings, (host, options, done) => {
      if (host !== 'shop.example') return done(new Error('No such host.'), '');
      if (options.all) return done(null, [{ address: '127.0.0.1', family: 4 }]);
      done(null, '127.0.0.1', 4);
    });
    const { client: usual } = world.work;
    world.work.client = client;
    world.meta.instead = (_request, response, path) => {
      if (!path.startsWith('/link/')) return false;
      if (path === '/link/away') response.writeHead(302, { location: `http://127.0.0.1:${port}/link/cake` });
      else if (path === '/link/moved') response.writeHead(302, { location: '/link/cake' });
      else response.writeHead(200, { 'content-type': 'image/jpeg' }).write(bytes);
      response.end();
      return true;
    };
    const states = [];
    for (const path of ['cake', 'moved', 'away']) {
      const link = `http://shop.example:${port}/link/${path}`;
      const messageId = await send(conversationId, { type: 'image', image: { link } });
      await world.turn(messageId);
      const { media } = await world.view(messageId);
      states.push([media?.status, media?.reason ?? media?.size]);
    }
    world.work.client = usual;
    world.meta.instead = () => false;
    client.close();
    expect(states).toEqual([
      ['stored', bytes.length],
      ['stored', bytes.length],
      ['failed', 'address-not-allowed'],
    ]);
    const linked = world.meta.asked.filter(({ path }) => path.startsWith('/link/'));
    expect(linked.map(({ authorization }) => authorization)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('a worker that is killed in the middle of a file', () => {
  it('leaves it to the next one, which stores it once', async () => {
    const bytes = await jpeg();
    let served = 0;
    let reached = () => {};
    const isReached = new Promise<void>((resolve) => (reached = resolve));
    const { messageId, mediaId } = await world.receive({ bytes, mime: 'image/jpeg', phone: '972501110044' });
    world.meta.instead = (_request, response, path) => {
      if (path !== `/bytes/${mediaId}`) return false;
      served += 1;
      if (served > 1) return false;
      response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 100));
      reached();
      return true;
    };
    const before = (await namesOfBlobs()).length;
    const child = startProcess();
    await isReached;
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect((await world.row(messageId)).state).toBe('pending');
    await world.turn(messageId); // the next one's
    world.meta.instead = () => false;
    expect(served).toBe(2);
    expect((await namesOfBlobs()).length).toBe(before + 2); // the file and its thumbnail
    const { media } = await world.view(messageId);
    const answer = await fetch(`${world.gateway.url}${media?.url ?? ''}`);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
  }, 30_000);
});

function startProcess() {
  const script = fileURLToPath(new URL('./worker-process.ts', import.meta.url));
  return spawn(process.execPath, ['--import', 'tsx', script], {
    env: { ...process.env, NODE_OPTIONS: '', WORLD: JSON.stringify(world.ctx.environment) },
    stdio: 'inherit',
  });
}

describe('the sweep', () => {
  it('takes away files of erased clients and blobs that no row names, and nothing else', async () => {
    const stays = await world.receive({ bytes: await jpeg(), mime: 'image/jpeg', phone: PHONE });
    const goes = await world.receive({ bytes: await jpeg(), mime: 'image/jpeg', phone: '972501110055' });
    for (const { messageId } of [stays, goes]) await world.turn(messageId);
    const { tenantId } = world.business;
    const orphan = `${tenantId}/orphan-of-a-crash`;
    const foreign = 'ten_elsewhere/blob-of-another';
    for (const name of [orphan, foreign]) {
      await world.ctx.blobs.put(name, Readable.from([Buffer.from('x')]), 1);
    }
    const { blob } = await world.row(goes.messageId);
    await world.ctx.store.keyring.destroy(tenantId, { kind: 'contact', id: goes.contactId });
    const sweep = () => asOperator('test of the sweep', () => sweepMedia(world.ctx));
    expect(await sweep()).toEqual({ erased: 1, orphans: 0 }); // what is young may still get its row
    clock.advance(2 * 3_600_000);
    expect(await sweep()).toEqual({ erased: 0, orphans: 1 });
    expect(await sweep()).toEqual({ erased: 0, orphans: 0 });
    const left = await namesOfBlobs();
    expect(left).toContain(foreign);
    expect(left.filter((name) => name.startsWith(blob) || name === orphan)).toEqual([]);
    const { media } = await world.view(stays.messageId);
    const answer = await fetch(`${world.gateway.url}${media?.url ?? ''}`);
    expect((await answer.arrayBuffer()).byteLength).toBe(media?.size);
  });
});
