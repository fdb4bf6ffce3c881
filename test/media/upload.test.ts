/** Files of a business are looked at before WhatsApp gets them; who may not send one is told the limit. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';

import { systemClock } from '../../src/ops/clock.ts';
import { keyWith } from '../support/fixtures.ts';
import { ffmpegPath, jpeg, png, wav, webp } from './files.ts';
import { json, refusal } from './meta.ts';
import { openWorld, type World } from './world.ts';

let world: World;
let bare: World;
beforeAll(async () => {
  world = await openWorld(systemClock, { FFMPEG: ffmpegPath() });
  bare = await openWorld(systemClock, { FFMPEG: 'no-such-ffmpeg' });
});
afterAll(async () => {
  await world.close();
  await bare.close();
});

interface Asked {
  query?: string;
  key?: string;
  of?: World;
}

async function post(
  body: Buffer | FormData,
  mime: string | undefined,
  { query = '', key, of = world }: Asked = {},
) {
  const { channelId, key: own } = of.business;
  const answer = await fetch(`${of.gateway.url}/v1/channels/${channelId}/media${query}`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${key ?? own}`,
      ...(mime === undefined ? {} : { 'Content-Type': mime }),
    },
    body: body instanceof FormData ? body : new Uint8Array(body),
  });
  const text = await answer.text();
  return { status: answer.status, body: JSON.parse(text) as Record<string, unknown> };
}

const drafts = () => readdir(join(world.ctx.settings.DATA_DIR, 'media-drafts'));

describe('T-CT: EXIF removal on agents’ uploads', () => {
  const withPlace = async (pixels = 200) =>
    sharp({ create: { width: pixels, height: 100, channels: 3, background: 'red' } })
      .withExif({ IFD0: { Copyright: 'canary-author' }, IFD3: { GPSLatitude: '32/1 4/1 5/1' } })
      .jpeg()
      .toBuffer();

  it('sends the picture, and not where and with what it was taken', async () => {
    const bytes = await withPlace();
    expect(bytes.includes('canary-author')).toBe(true);
    expect((await post(bytes, 'image/jpeg')).status).toBe(201);
    const form = world.meta.forms.at(-1) ?? Buffer.alloc(0);
    expect(form.includes('JFIF') || form.includes(Buffer.from([0xff, 0xd8, 0xff]))).toBe(true);
    expect(form.includes('canary-author')).toBe(false);
    expect(form.includes('Exif')).toBe(false);
    expect(await drafts()).toEqual([]);
  });

  it('T-CT: image bombs: what unfolds to more than 50 million pixels is refused', async () => {
    const bomb = await sharp({ create: { width: 9_000, height: 9_000, channels: 3, background: 'red' } })
      .png({ compressionLevel: 9 })
      .toBuffer();
    expect(bomb.length).toBeLessThan(1_000_000);
    const { status, body } = await post(bomb, 'image/png');
    expect([status, body.type]).toEqual([422, 'https://whatsper.dev/problems/media-refused']);
  });
});

describe('an upload', () => {
  it('takes the bytes as the body, and passes them to WhatsApp whole', async () => {
    const bytes = await jpeg();
    const { status, body } = await post(bytes, 'image/jpeg');
    expect([status, body]).toEqual([
      201,
      { id: '900100200', kind: 'image', mime: 'image/jpeg', size: bytes.length },
    ]);
    const form = world.meta.forms.at(-1) ?? Buffer.alloc(0);
    const read = await new Response(new Uint8Array(form), {
      headers: {
        'content-type': `multipart/form-data; boundary=${form.subarray(2, form.indexOf('\r\n')).toString()}`,
      },
    }).formData();
    expect([read.get('messaging_product'), read.get('type')]).toEqual(['whatsapp', 'image/jpeg']);
    const file = read.get('file') as File;
    expect(Buffer.from(await file.arrayBuffer())).toEqual(bytes);
    expect(await drafts()).toEqual([]);
  });

  it('takes a form', async () => {
    const form = new FormData();
    form.set('type', 'image/png');
    form.set('file', new Blob([new Uint8Array(await png())], { type: 'image/png' }), 'canary.png');
    const { status, body } = await post(form, undefined);
    expect([status, body.kind]).toEqual([201, 'image']);
    expect(world.meta.forms.at(-1)?.includes('canary.png')).toBe(false);
  });

  it('goes by the bytes, whatever was said of them', async () => {
    expect((await post(await webp(), 'image/jpeg')).body).toMatchObject({
      kind: 'sticker',
      mime: 'image/webp',
    });
    expect(await post(Buffer.from('plain words'), 'text/plain')).toMatchObject({ status: 201 });
    expect(await post(Buffer.from('%PDF-1.7 …'), 'application/pdf')).toMatchObject({ status: 201 });
  });

  it.each([
    ['application/pdf', 'PDF'],
    ['application/msword', 'older form'],
    ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'Office document'],
  ])('refuses what is only said to be %s', async (mime, words) => {
    const { status, body } = await post(Buffer.from('<svg xmlns="…"></svg>'), mime);
    expect([status, body.type]).toEqual([422, 'https://whatsper.dev/problems/media-refused']);
    expect(body.detail).toContain(words);
  });

  it('makes a voice message of what a browser recorded', async () => {
    const { status, body } = await post(wav(), 'audio/wav', { query: '?voice=true' });
    expect([status, body.mime, body.kind]).toEqual([201, 'audio/ogg', 'audio']);
    expect(world.meta.forms.at(-1)?.includes('OpusHead')).toBe(true);
    expect(
      await post(Buffer.from('RIFF____WAVEfmt no sound'), 'audio/wav', { query: '?voice=true' }),
    ).toMatchObject({
      status: 422,
      body: { type: expect.stringContaining('media-not-converted') as unknown },
    });
  });
});

describe('what WhatsApp would not take', () => {
  const large = async () => Buffer.concat([await jpeg(), Buffer.alloc(5_000_000)]);
  const wide = () =>
    sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
  const stereo = () =>
    Buffer.concat([
      Buffer.from('OggS'),
      Buffer.alloc(24),
      Buffer.from('OpusHead\u0001\u0002'),
      Buffer.alloc(200),
    ]);
  const cases: [string, () => Buffer | Promise<Buffer>, string, number, string, RegExp][] = [
    [
      'a large picture',
      large,
      'image/jpeg',
      413,
      'media-too-large',
      /at most 5 MB \(5,000,000 bytes\); this one has/,
    ],
    [
      'a type it does not know',
      () => Buffer.from('<html>'),
      'text/html',
      415,
      'media-type',
      /takes audio\/aac, .*video\/3gpp/,
    ],
    [
      'a page that says it is a picture',
      () => Buffer.from('<html>'),
      'image/png',
      415,
      'media-type',
      /octet-stream/,
    ],
    ['PNG of 16 bits', wide, 'image/png', 422, 'media-refused', /8 bits/],
    [
      'a large sticker',
      async () => Buffer.concat([await webp(), Buffer.alloc(100_000)]),
      'image/webp',
      413,
      'media-too-large',
      /100 kB/,
    ],
    ['OGG in stereo', stereo, 'audio/ogg', 422, 'media-refused', /one channel .* has 2/],
    ['nothing', () => Buffer.alloc(0), 'image/png', 422, 'media-refused', /empty/],
  ];
  it.each(cases)(
    '%s is refused before it is sent there',
    async (_name, bytes, mime, status, problem, words) => {
      const before = world.meta.forms.length;
      const answer = await post(await bytes(), mime);
      expect(answer).toMatchObject({ status, body: { type: `https://whatsper.dev/problems/${problem}` } });
      expect(answer.body.detail).toMatch(words);
      expect(world.meta.forms).toHaveLength(before);
      expect(await drafts()).toEqual([]);
    },
  );

  it('a form without a file, or without an end, is told', async () => {
    const form = new FormData();
    form.set('type', 'image/png');
    expect(await post(form, undefined)).toMatchObject({ status: 422 });
    expect(await post(Buffer.from('--x\r\n'), 'multipart/form-data; boundary=x')).toMatchObject({
      status: 400,
    });
    expect(await post(Buffer.from('x'), 'multipart/form-data')).toMatchObject({ status: 400 });
  });

  it('a voice message without ffmpeg says what to do', async () => {
    const answer = await post(wav(), 'audio/wav', { query: '?voice=true', of: bare });
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toMatch(/no ffmpeg: send OGG .*FFMPEG/);
  });

  it('what it refuses itself, or does not answer, is told as such', async () => {
    world.meta.instead = (_request, response) => (json(response, 400, refusal(131053)), true);
    expect(await post(await jpeg(), 'image/jpeg')).toMatchObject({ status: 422 });
    world.meta.instead = (_request, response) => (response.destroy(), true);
    expect(await post(await jpeg(), 'image/jpeg')).toMatchObject({ status: 503 });
    world.meta.instead = () => false;
  });

  it('who may not send may not upload', async () => {
    const key = await keyWith(world.ctx, world.business.tenantId, ['messages:read', 'channels:write']);
    expect((await post(await jpeg(), 'image/jpeg', { key })).status).toBe(403);
  });
});
