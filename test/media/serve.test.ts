/** Links to files: who has one sees one part of one file for a while, and nothing else. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { linkTo } from '../../src/media/links.ts';
import { rangeIn } from '../../src/media/range.ts';
import { ManualClock } from '../support/clock.ts';
import { jpeg } from './files.ts';
import { openWorld, type World } from './world.ts';

let world: World;
let clock: ManualClock;
let bytes: Buffer;
let messageId: string;
let url: string;

beforeAll(async () => {
  clock = new ManualClock();
  world = await openWorld(clock, { FFMPEG: 'no-such-ffmpeg' });
  bytes = Buffer.concat([await jpeg(), Buffer.alloc(150_000, 7)]);
  ({ messageId } = await world.receive({
    bytes,
    mime: 'image/jpeg',
    payload: { filename: 'תמונה "1".jpg' },
  }));
  await world.turn(messageId);
  url = (await world.view(messageId)).media?.url ?? '';
});
afterAll(() => world.close());

async function ask(path: string, init: RequestInit = {}) {
  const answer = await fetch(`${world.gateway.url}${path}`, init);
  return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
}

describe('a link', () => {
  it('leads to the file without a key, as something that runs nothing', async () => {
    const { status, headers, bytes: got } = await ask(url);
    expect(status).toBe(200);
    expect(got.equals(bytes)).toBe(true);
    expect(headers.get('content-type')).toBe('image/jpeg');
    expect(headers.get('content-disposition')).toBe(
      `inline; filename="_____ _1_.jpg"; filename*=UTF-8''${encodeURIComponent('תמונה "1".jpg')}`,
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox",
    );
    expect(headers.get('cache-control')).toMatch(/^private, max-age=\d+, immutable$/);
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
  });

  it.each([
    ['bytes=0-9', 0, 10],
    ['bytes=65530-131080', 65_530, 131_081],
    ['bytes=-5', -5, undefined],
    ['bytes=100000-', 100_000, undefined],
  ])('gives a part of the file: %s', async (range, start, end) => {
    const { status, headers, bytes: got } = await ask(url, { headers: { range } });
    expect(status).toBe(206);
    expect(got.equals(bytes.subarray(start, end))).toBe(true);
    expect(headers.get('content-range')).toMatch(new RegExp(`/${bytes.length}$`));
    expect(headers.get('content-length')).toBe(String(got.length));
  });

  it('says so when a part lies outside, and tells the length without the file', async () => {
    const outside = await ask(url, { headers: { range: `bytes=${bytes.length}-` } });
    expect([outside.status, outside.headers.get('content-range')]).toEqual([416, `bytes */${bytes.length}`]);
    const head = await ask(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(bytes.length)]);
    expect((await ask(url, { method: 'POST' })).status).toBe(405);
  });

  it('that was altered leads nowhere, like one to nothing', async () => {
    const { tenantId } = world.business;
    const parts = url.split('/');
    const changed = (at: number, value: string) =>
      parts.map((part, i) => (i === at ? value : part)).join('/');
    const odd = [
      changed(2, 'ten_other'),
      changed(3, `${messageId}x`),
      changed(4, 'thumbnail'),
      changed(4, 'mp3'),
      changed(5, String(Number(parts[5]) + 3_600)),
      changed(6, 'A'.repeat(32)),
      linkTo(world.ctx, { tenantId, messageId: 'msg_of_nobody', part: 'file' }),
      linkTo(world.ctx, { tenantId, messageId, part: 'mp3' }),
    ];
    const answers = await Promise.all(odd.map((path) => ask(path)));
    expect(answers.map(({ status }) => status)).toEqual(odd.map(() => 404));
    expect(new Set(answers.map(({ bytes: body }) => body.toString())).size).toBe(1);
  });

  it('stays the same within an hour, and ends after at most two', async () => {
    const again = async () => (await world.view(messageId)).media?.url;
    expect(await again()).toBe(url);
    clock.advance(60 * 60_000 - 1);
    expect((await ask(url)).status).toBe(200);
    clock.advance(60 * 60_000 + 1);
    expect((await ask(url)).status).toBe(404);
    expect((await ask((await again()) ?? '')).status).toBe(200);
  });

  it('is in no list of who may not read messages, and not in the log', async () => {
    expect(world.lines.join('')).toContain('/media/:tenantId');
    expect(world.lines.join('')).not.toContain(url);
  });
});

describe('Range', () => {
  it.each([
    [undefined, 'whole'],
    ['bytes=0-', { start: 0, end: 99 }],
    ['bytes=0-1000', { start: 0, end: 99 }],
    ['bytes=-1000', { start: 0, end: 99 }],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=5-4', 'whole'],
    ['bytes=0-1,5-6', 'whole'],
    ['bytes=-', 'whole'],
    ['items=0-1', 'whole'],
  ])('%s', (header, expected) => {
    expect(rangeIn(header, 100)).toEqual(expected);
  });
});
