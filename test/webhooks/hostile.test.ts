/** What the door does with everything that is not a well-made notification: bounded in time and memory, nothing lost. */
import { connect } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { Placed } from '../../src/lanes/item-lanes.ts';
import { itemsInSteps, itemsOf, LARGE } from '../../src/webhooks/items.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { until } from '../support/until.ts';
import { change, envelope, signature, textMessage, WABA, wire } from '../support/webhook.ts';
import { type Door, head, openDoor, SECRET } from './door.ts';

let ctx: TestContext;
let door: Door;
beforeAll(async () => {
  ctx = await testContext();
  door = await openDoor(ctx);
});
afterAll(async () => {
  await door.close();
  await ctx.close();
});
beforeEach(() => void door.taken());

const good = wire(envelope([change({ messages: [textMessage('wamid.good', 'hello')] })]));
const kinds = (items: Placed[]) => items.map(({ item }) => item.kind);

/** A notification in JSON text; `X` stands for a further message. */
function around(text: string): Buffer {
  const whole = JSON.stringify(envelope([change({ messages: [textMessage('wamid.good', 'hello'), 'X'] })]));
  return Buffer.from(whole.replace('"X"', () => text));
}

const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
const many = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index)).join(',');

describe('signed bodies of odd content', () => {
  const cases: [name: string, body: Buffer, kinds: string[]][] = [
    ['a message nested 100,000 deep', around(deep(100_000)), ['message', 'unreadable']],
    ['a message nested 500 deep', around(deep(500)), ['message', 'unreadable']],
    ['a message nested 100 deep', around(deep(100)), ['message', 'message']],
    ['2 million brackets', Buffer.from('['.repeat(1e6) + ']'.repeat(1e6)), ['unreadable']],
    ['4 million open brackets', Buffer.from('['.repeat(4e6)), ['unreadable']],
    ['a million keys', Buffer.from(`{${many(3e5, (n) => `"k${n}":1`)}}`), ['unreadable']],
    [
      'a message with a number of a million digits',
      around(`{"id":${'9'.repeat(1e6)}}`),
      ['message', 'message'],
    ],
    ['NaN', around('NaN'), ['unreadable']],
    ['Infinity', around('{"id":-Infinity}'), ['unreadable']],
    ['a raw NUL', around('"\u0000"'), ['unreadable']],
    ['an escaped NUL', around('{"id":"a\\u0000b"}'), ['message', 'message']],
    ['a lone surrogate', around('{"id":"\\ud800"}'), ['message', 'message']],
    ['a byte order mark', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), good]), ['message']],
    ['invalid UTF-8', Buffer.concat([good.subarray(0, -2), Buffer.from([0xff, 0xfe])]), ['unreadable']],
    ['overlong UTF-8', around('"À€"').map((byte) => (byte === 0xc3 ? 0xc0 : byte)) as Buffer, ['unreadable']],
    ['spaces alone', Buffer.from('   '), ['unreadable']],
    ['null', Buffer.from('null'), ['other']],
    ['a number', Buffer.from('42'), ['other']],
    ['a list', Buffer.from('[]'), ['other']],
    ['entries that are no list', wire({ entry: { id: WABA } }), ['other']],
    [
      'entries that are no objects',
      wire({ entry: [null, 1, 'x', [], { id: WABA }] }),
      Array<string>(5).fill('other'),
    ],
    [
      'changes that are no objects',
      wire({ entry: [{ id: WABA, changes: [null, 7, { field: 'messages' }] }] }),
      Array<string>(3).fill('other'),
    ],
    [
      'messages that are no objects',
      wire(envelope([change({ messages: [null, 1, 'x', []] })])),
      Array<string>(4).fill('message'),
    ],
    [
      'messages in place of a list',
      wire(
        envelope([
          { field: 'messages', value: { messages: { id: 'wamid.1' }, statuses: [{ id: 'wamid.2' }] } },
        ]),
      ),
      ['status', 'other'],
    ],
    [
      'another product of Meta',
      wire({ ...envelope([change({ messages: [textMessage('m', 'x')] })]), object: 'page' }),
      ['other'],
    ],
    [
      '1,001 messages',
      wire(
        envelope([
          change({ messages: Array.from({ length: 1_001 }, (_, n) => textMessage(`wamid.${n}`, 'x')) }),
        ]),
      ),
      Array<string>(1_001).fill('message'),
    ],
    [
      '100,000 changes',
      Buffer.from(`{"entry":[{"id":"1","changes":[${many(1e5, () => '1')}]}]}`),
      ['unreadable'],
    ],
    ['100,000 entries', Buffer.from(`{"entry":[${many(1e5, () => '1')}]}`), ['unreadable']],
    [
      '100,000 messages',
      Buffer.from(
        `{"entry":[{"id":"1","changes":[{"field":"messages","value":{"messages":[${many(1e5, () => '1')}]}}]}]}`,
      ),
      ['unreadable'],
    ],
    ['compressed bytes', gzipSync(good), ['unreadable']],
    ['a bomb of compressed zeros', gzipSync(Buffer.alloc(64 * 1024 * 1024)), ['unreadable']],
  ];
  it.each(cases)('%s are kept, each part alone, and answered 200', async (_name, body, expected) => {
    expect(await door.post(body)).toBe(200);
    const items = door.taken();
    expect(kinds(items)).toEqual(expected);
    // What is handed on can be written down and read again.
    for (const { item } of items) expect(JSON.parse(JSON.stringify(item))).toEqual(item);
    const unreadable = items.find(({ item }) => item.kind === 'unreadable');
    if (unreadable) {
      expect(Buffer.from(String(unreadable.item.body.base64), 'base64').equals(body)).toBe(true);
    }
  });

  it('numbers that JavaScript would change keep their digits', async () => {
    const numbers =
      '{"id":12345678901234567890,"a":-9007199254740993,"b":1e999,"c":[9007199254740991,1.5,-0.25,1e3]}';
    await door.post(around(numbers));
    expect(door.taken()[1]?.item.body.message).toEqual({
      id: '12345678901234567890',
      a: '-9007199254740993',
      b: '1e999',
      c: [9007199254740991, 1.5, -0.25, 1000],
    });
  });

  it('a key given twice counts as its last', async () => {
    await door.post(around('{"id":"first","id":"last"}'));
    expect(door.taken()[1]?.item.body.message).toEqual({ id: 'last' });
  });

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
    'the key %s anywhere changes nothing of ours',
    async (key) => {
      const text = JSON.stringify(envelope([change({ messages: [textMessage('wamid.1', 'x')] })]));
      const evil = `"${key}":{"polluted":"yes","toString":1}`;
      const body = Buffer.from(text.replaceAll('{', `{${evil},`).replaceAll(',}', '}'));
      expect(await door.post(body)).toBe(200);
      expect(kinds(door.taken())).toEqual(['message']);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    },
  );

  it('a thousand statuses with a thousand contacts stay small: each has its own contact', async () => {
    const contacts = Array.from({ length: 1_000 }, (_, n) => ({ wa_id: `97250${n}`, user_id: `IL.${n}` }));
    const statuses = contacts.map(({ wa_id }, n) => ({
      id: `wamid.${n}`,
      status: 'read',
      recipient_id: wa_id,
    }));
    await door.post(wire(envelope([change({ statuses, contacts })])));
    const items = door.taken();
    expect(items.map(({ item }) => item.body.contacts)).toEqual(contacts.map((contact) => [contact]));
    expect(JSON.stringify(items).length).toBeLessThan(1_000_000);
  });

  it('3 MB with 1,000 updates are split without holding everybody else up', async () => {
    const messages = Array.from({ length: 1_000 }, (_, n) => textMessage(`wamid.${n}`, 'ש'.repeat(480)));
    const body = wire(envelope([change({ messages })]));
    expect(body.length).toBeGreaterThan(2_900_000);
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const started = performance.now();
    expect(await door.post(body)).toBe(200);
    const ms = performance.now() - started;
    delay.disable();
    expect(door.taken()).toHaveLength(1_000);
    process.stderr.write(
      `1,000 updates in 3 MB: ${ms.toFixed(0)} ms, longest hold ${(delay.max / 1e6).toFixed(0)} ms\n`,
    );
    expect(ms).toBeLessThan(5_000);
  });

  it('others have their turn between the steps of a large body, whose items keep together in time', async () => {
    const messages = Array.from({ length: 1_000 }, (_, n) => textMessage(`wamid.${n}`, 'ש'.repeat(480)));
    const body = wire(envelope([change({ messages })]));
    expect(body.length).toBeGreaterThan(LARGE);
    let isDone = false;
    const others: number[] = [];
    const turns = (async () => {
      while (!isDone) {
        others.push(ctx.positions.next());
        await nextTurn();
      }
    })();
    const items = await itemsInSteps(ctx, body, 'default');
    isDone = true;
    await turns;
    // The signature, two of reading, and seven between the eight parts in which lanes are named.
    expect(others.length).toBeGreaterThanOrEqual(10);
    const [first, last] = [items[0]?.item.position ?? 0, items.at(-1)?.item.position ?? 0];
    expect(others.filter((position) => position > first && position < last)).toEqual([]);
    const plain = ({ item, lane }: Placed) => ({ item: { ...item, position: 0 }, lane });
    expect(items.map(plain)).toEqual(itemsOf(ctx, body, 'default').map(plain));
  });
});

describe('unsigned or wrongly made requests', () => {
  const signed = signature(good, SECRET);
  it.each([
    ['an empty body', Buffer.alloc(0), { 'X-Hub-Signature-256': signature(Buffer.alloc(0), SECRET) }],
    ['a digest that is too long', good, { 'X-Hub-Signature-256': `${signed}00` }],
    ['a digest with a space', good, { 'X-Hub-Signature-256': `${signed} x` }],
    ['an unsigned bomb', Buffer.from('['.repeat(1e6)), { 'X-Hub-Signature-256': signed }],
    [
      'the signature of the plain body on compressed bytes',
      gzipSync(good),
      { 'X-Hub-Signature-256': signed, 'Content-Encoding': 'gzip' },
    ],
  ])('%s: 401, nothing taken', async (_name, body, headers) => {
    expect(await door.post(body, headers)).toBe(401);
    expect(door.taken()).toEqual([]);
  });

  it('the signature header given twice: 401', async () => {
    const twice = head(good, `X-Hub-Signature-256: ${signed}\r\nContent-Length: ${good.length}\r\n`);
    expect(await door.raw([twice, good])).toBe(401);
    expect(door.taken()).toEqual([]);
  });

  it('without a signature nothing of the body is waited for', async () => {
    const start = 'POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n';
    expect(await door.raw([start])).toBe(401);
  });

  it('a length that is too short: the signature does not fit the part, and the rest is no request', async () => {
    const status = await door.raw([head(good, `Content-Length: ${good.length - 5}\r\n`), good]);
    expect([400, 401]).toContain(status);
    expect(door.taken()).toEqual([]);
  });

  it('a length and a transfer encoding together: 400', async () => {
    const both = head(good, `Content-Length: ${good.length}\r\nTransfer-Encoding: chunked\r\n`);
    expect(await door.raw([both, good])).toBe(400);
    expect(door.taken()).toEqual([]);
  });

  it('a length that is none: 400', async () => {
    expect(await door.raw([head(good, 'Content-Length: -5\r\n'), good])).toBe(400);
  });

  it('chunks of one byte are a whole body', async () => {
    const chunks = [...good].map((byte) =>
      Buffer.concat([Buffer.from('1\r\n'), Buffer.of(byte), Buffer.from('\r\n')]),
    );
    const body = Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]);
    expect(await door.raw([head(good, 'Transfer-Encoding: chunked\r\n'), body])).toBe(200);
    expect(kinds(door.taken())).toEqual(['message']);
  });

  it('more than 4 MB are refused before they came', async () => {
    expect(await door.raw([head(good, 'Content-Length: 4194305\r\n')])).toBe(413);
  });
});

describe('slow and many', () => {
  it('a body that comes too slowly is given up: 408', async () => {
    const hasty = await openDoor(ctx, { lookEveryMs: 50, bytesPerLook: 1_000 });
    const length = `Content-Length: ${good.length + 1}\r\n`;
    expect(await hasty.raw([head(good, length), good])).toBe(408);
    expect(hasty.taken()).toEqual([]);
    await hasty.close();
  });

  it('headers that do not come are given up', async () => {
    expect(await door.raw(['POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\n'])).toBe(408);
  });

  it('more at once than there is room for: 503, and room again when the others are done', async () => {
    const narrow = await openDoor(ctx, { together: 3 * good.length });
    const large = Buffer.alloc(4 * good.length, 0x20);
    expect(await narrow.post(large)).toBe(503);
    expect(await narrow.post(good)).toBe(200);
    expect(narrow.taken()).toHaveLength(1);
    await narrow.close();
  });

  it('what breaks off gives its room back', async () => {
    const narrow = await openDoor(ctx, { together: 2 * good.length });
    const begun = head(good, `Content-Length: ${good.length + 10}\r\n`);
    const sockets = Array.from({ length: 3 }, () => connect(narrow.port, '127.0.0.1'));
    for (const socket of sockets) {
      await new Promise<void>((resolve) =>
        socket.write(Buffer.concat([Buffer.from(begun), good]), () => resolve()),
      );
    }
    await until('there is no room', async () => (await narrow.post(good)) === 503);
    for (const socket of sockets) socket.destroy();
    await until('there is room again', async () => (await narrow.post(good)) === 200);
    await narrow.close();
  });
});
