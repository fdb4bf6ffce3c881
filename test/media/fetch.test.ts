/** What clients send is fetched from WhatsApp, checked, and kept sealed. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { feedKey } from '../../src/agents/feed.ts';
import { Messages } from '../../src/conversations/model.ts';
import { dueMediaLanes } from '../../src/media/reconcile.ts';
import { asOperator, withTenant } from '../../src/store/scope.ts';
import { ManualClock } from '../support/clock.ts';
import { ffmpegPath, jpeg, wav } from './files.ts';
import { json, refusal } from './meta.ts';
import { openWorld, type World } from './world.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
let world: World;
let clock: ManualClock;

beforeAll(async () => {
  clock = new ManualClock();
  world = await openWorld(clock, { FFMPEG: ffmpegPath() });
});
afterAll(() => world.close());
afterEach(() => {
  world.meta.instead = () => false;
  world.meta.linkFor = (id) => `${world.meta.url}/bytes/${id}`;
  world.meta.asked.length = 0;
});

async function download(url = '', headers: Record<string, string> = {}) {
  const answer = await fetch(`${world.gateway.url}${url}`, { headers });
  return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
}

async function allFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe('a picture', () => {
  it('is shown as pending at once, and stored with its thumbnail after the turn', async () => {
    const bytes = await jpeg();
    const { messageId, mediaId } = await world.receive({ bytes, mime: 'image/jpeg' });
    expect((await world.view(messageId)).media).toEqual({
      id: messageId,
      status: 'pending',
      mime: 'image/jpeg',
    });
    expect(await world.turn(messageId)).toBe('done');
    const { media } = await world.view(messageId);
    expect(media).toMatchObject({ status: 'stored', mime: 'image/jpeg', size: bytes.length });
    expect((await download(media?.url)).bytes).toEqual(bytes);
    const small = await download(media?.thumbnailUrl);
    expect(small.headers.get('content-type')).toBe('image/webp');
    expect(small.bytes.subarray(8, 12).toString()).toBe('WEBP');
    expect(world.meta.asked[0]).toMatchObject({
      path: `/v25.0/${mediaId}?phone_number_id=${world.business.phoneNumberId}`,
    });
  });

  it('is told to consoles when it is there', async () => {
    const { messageId } = await world.receive({ bytes: await jpeg(), mime: 'image/jpeg' });
    await world.turn(messageId);
    const stream = feedKey(world.ctx.prefix, world.business.tenantId);
    const entries = await world.ctx.liveRedis.xrange(stream, '-', '+');
    const told = entries
      .filter(([, fields]) => fields.includes(messageId))
      .map(([, fields]) => fields.join());
    expect(told.at(-1)).toContain('message.status');
  });

  it('lies sealed on the disk, under a name that says nothing', async () => {
    const bytes = Buffer.concat([await jpeg(), Buffer.from('canary-in-the-picture'.repeat(4_000))]);
    const name = 'canary-name.jpg';
    const { messageId } = await world.receive({ bytes, mime: 'image/jpeg', payload: { filename: name } });
    await world.turn(messageId);
    const paths = await allFiles(world.ctx.settings.DATA_DIR);
    expect(paths.join()).not.toMatch(/canary|draft\b|97250/);
    const contents = await Promise.all(paths.map((path) => readFile(path)));
    expect(contents.some((content) => content.includes('canary'))).toBe(false);
    expect((await world.view(messageId)).media).toMatchObject({ name, status: 'stored' });
    expect(await readdir(join(world.ctx.settings.DATA_DIR, 'media-drafts'))).toEqual([]);
  });

  it('that no picture can be made of is kept, without a thumbnail', async () => {
    const bytes = (await jpeg()).subarray(0, 300);
    const { messageId } = await world.receive({ bytes, mime: 'image/jpeg' });
    await world.turn(messageId);
    const { media } = await world.view(messageId);
    expect(media).toMatchObject({ status: 'stored', mime: 'image/jpeg' });
    expect(media?.thumbnailUrl).toBeUndefined();
  });
});

describe('a voice message', () => {
  it('can also be had as MP3', async () => {
    const ogg = await world.work.ffmpeg?.convert(wav(), 'audio/wav', 'voice');
    const { messageId } = await world.receive({
      bytes: ogg ?? Buffer.alloc(0),
      mime: 'audio/ogg; codecs=opus',
      type: 'audio',
      payload: { voice: true },
    });
    await world.turn(messageId);
    const { media } = await world.view(messageId);
    expect(media).toMatchObject({ status: 'stored', mime: 'audio/ogg' });
    const mp3 = await download(media?.mp3Url);
    expect(mp3.headers.get('content-type')).toBe('audio/mpeg');
    expect(mp3.bytes.length).toBeGreaterThan(1_000);
  });
});

describe('a file that is not what it was said to be', () => {
  it('is kept as what it is, and never shown as what it is not', async () => {
    const page = Buffer.from('<html><script>alert(1)</script></html>');
    const { messageId } = await world.receive({ bytes: page, mime: 'image/png' });
    await world.turn(messageId);
    const { media } = await world.view(messageId);
    expect(media).toMatchObject({ status: 'stored', mime: 'application/octet-stream' });
    const { headers } = await download(media?.url);
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('content-disposition')).toMatch(/^attachment/);
  });

  it.each([
    ['wrong-hash', { sha256: 'ab'.repeat(32) }],
    ['wrong-size', { file_size: 7 }],
  ])('is refused after five tries: %s', async (reason, lookUp) => {
    const { messageId } = await world.receive({ bytes: await jpeg(), mime: 'image/jpeg', lookUp });
    for (let attempt = 1; attempt < 5; attempt += 1) {
      const end = await world.turn(messageId);
      expect(await world.row(messageId)).toMatchObject({ state: 'pending', attempts: attempt, reason });
      clock.advance(end === 'done' ? 0 : end.againAfterMs);
    }
    expect(await world.turn(messageId)).toBe('done');
    expect((await world.view(messageId)).media).toMatchObject({ status: 'failed', reason });
  });

  it('takes the digest of the webhook in base64 and that of the look-up in hexadecimal', async () => {
    const bytes = await jpeg();
    const wrong = { sha256: Buffer.alloc(32, 7).toString('base64') };
    const { messageId } = await world.receive({ bytes, mime: 'image/jpeg', payload: wrong });
    await world.turn(messageId);
    expect(await world.row(messageId)).toMatchObject({ state: 'pending', reason: 'wrong-hash' });
  });
});

describe('fetching', () => {
  it('asks for a new address when the first has run out', async () => {
    let gone = 1;
    world.meta.instead = (_request, response, path) => {
      if (!path.startsWith('/bytes/') || gone === 0) return false;
      gone -= 1;
      response.writeHead(404).end();
      return true;
    };
    const { messageId } = await world.receive({ bytes: await jpeg(), mime: 'image/jpeg' });
    await world.turn(messageId);
    expect(await world.row(messageId)).toMatchObject({ state: 'stored', attempts: 1 });
    expect(world.meta.asked.filter(({ path }) => path.startsWith('/v25.0/'))).toHaveLength(2);
  });

  it('gives the token to no host that is not on the list, and along no redirect', async () => {
    const { messageId } = await world.receive({ bytes: await jpeg(), mime: 'image/jpeg' });
    for (const link of [
      'https://evil.example/x',
      'http://lookaside.fbsbx.com/x',
      'https://x@lookaside.fbsbx.com/x',
    ]) {
      world.meta.linkFor = () => link;
      const end = await world.turn(messageId);
      expect(await world.row(messageId)).toMatchObject({ state: 'pending', reason: 'host-not-allowed' });
      clock.advance(end === 'done' ? 0 : end.againAfterMs);
    }
    world.meta.linkFor = (id) => `${world.meta.url}/bytes/${id}`;
    world.meta.instead = (_request, response, path) => {
      if (!path.startsWith('/bytes/')) return false;
      response.writeHead(302, { location: `${world.meta.url}/elsewhere` }).end();
      return true;
    };
    await world.turn(messageId);
    expect(await world.row(messageId)).toMatchObject({ state: 'pending', reason: 'redirect' });
    expect(world.meta.asked.map(({ path }) => path).join()).not.toContain('elsewhere');
  });

  it('ends at once for what is too large, whatever was said of its size', async () => {
    const bytes = Buffer.alloc(5_000_001, 1);
    for (const lookUp of [{ file_size: 5_000_001 }, { file_size: undefined }]) {
      const { messageId } = await world.receive({ bytes, mime: 'image/webp', type: 'sticker', lookUp });
      await world.turn(messageId);
      expect(await world.row(messageId)).toMatchObject({ state: 'failed', reason: 'too-large' });
    }
  });

  it('waits longer each time while the token is refused, and says expired after seven days', async () => {
    const { messageId } = await world.receive({ bytes: await jpeg(), mime: 'image/jpeg' });
    world.meta.instead = (_request, response) => (json(response, 401, refusal(190)), true);
    const started = clock.now();
    const pauses: number[] = [];
    for (let end = await world.turn(messageId); end !== 'done'; end = await world.turn(messageId)) {
      pauses.push(end.againAfterMs);
      clock.advance(end.againAfterMs);
    }
    expect(clock.now() - started).toBeGreaterThanOrEqual(7 * DAY - 1_000);
    expect(clock.now() - started).toBeLessThan(7 * DAY + HOUR);
    expect(pauses[0]).toBeLessThan(6_000);
    expect(pauses.at(-3)).toBeGreaterThan(2 * HOUR);
    expect((await world.view(messageId)).media).toMatchObject({ status: 'expired' });
    expect(world.lines.join('')).toContain('"reason":"token-invalid"');
  });

  it('believes after five tries that there is no such file', async () => {
    const { messageId } = await world.receive({ bytes: await jpeg(), mime: 'image/jpeg' });
    world.meta.instead = (_request, response) => (json(response, 400, refusal(100)), true);
    for (let end = await world.turn(messageId); end !== 'done'; end = await world.turn(messageId)) {
      clock.advance(end.againAfterMs);
    }
    expect(await world.row(messageId)).toMatchObject({ state: 'failed', reason: 'not-found', attempts: 5 });
  });

  it('is found again when its wake-up was lost', async () => {
    const { messageId } = await world.receive({ bytes: await jpeg(), mime: 'image/jpeg' });
    clock.advance(6_000);
    const due = await asOperator('test', () => dueMediaLanes(world.ctx));
    expect(due).toContainEqual({ lane: messageId, tenantId: world.business.tenantId });
    await world.turn(messageId);
    expect(await asOperator('test', () => dueMediaLanes(world.ctx))).not.toContainEqual(
      expect.objectContaining({ lane: messageId }),
    );
  });
});

describe('erasure', () => {
  it('of a contact leaves nothing of its files that could be read', async () => {
    const { messageId } = await world.receive({
      bytes: await jpeg(),
      mime: 'image/jpeg',
      phone: '972501119999',
    });
    await world.turn(messageId);
    const { media } = await world.view(messageId);
    expect((await download(media?.url)).status).toBe(200);
    const { contactId } = await world.row(messageId);
    await world.ctx.store.keyring.destroy(world.business.tenantId, { kind: 'contact', id: contactId });
    for (const url of [media?.url, media?.thumbnailUrl]) expect((await download(url)).status).toBe(404);
    const after = await world.view(messageId);
    expect(after).toMatchObject({ erased: true });
    expect(after.media).toBeUndefined();
  });

  it('before the file came leaves it where it is', async () => {
    const { messageId } = await world.receive({
      bytes: await jpeg(),
      mime: 'image/jpeg',
      phone: '972501118888',
    });
    const { contactId } = await world.row(messageId);
    await world.ctx.store.keyring.destroy(world.business.tenantId, { kind: 'contact', id: contactId });
    expect(await world.turn(messageId)).toBe('done');
    expect(await world.row(messageId)).toMatchObject({ state: 'failed', reason: 'erased' });
  });
});

describe('P6', () => {
  it('no name, address, hash or token of a file stands in the log', async () => {
    const { tenantId } = world.business;
    const lines = world.lines.join('');
    const rows = await withTenant(tenantId, () => world.ctx.store.model(Messages).find().lean().exec());
    expect(rows.length).toBeGreaterThan(10);
    expect(lines).toContain('media.fetched');
    expect(lines).not.toMatch(/canary|EAAG|\/bytes\/|\/media\/ten|97250|"sha|[0-9a-f]{64}/);
  });
});
