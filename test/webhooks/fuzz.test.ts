/**
 * Fuzzed bodies of every type: nothing crashes the door, every body is answered 200 and kept, and a good message in
 * the same body is taken whatever stands beside it. Each body is generated for itself; FUZZ_BODIES says how many.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';

import { makeIds } from '../../simulator/ids.ts';
import { sampleMessage, sampleNames } from '../../simulator/people/samples.ts';
import type { Placed } from '../../src/lanes/item-lanes.ts';
import { createWebhookHandler } from '../../src/webhooks/receiver.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { change, envelope, signature, textMessage, wire } from '../support/webhook.ts';
import { type Door, openDoor, SECRET } from './door.ts';

const BODIES = Number(process.env.FUZZ_BODIES ?? 2_000);
/** Through a socket each is some 100 times dearer. */
const OVER_HTTP = Math.min(3_000, Math.ceil(BODIES / 40));
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const GOOD = 'wamid.the-good-neighbour';

jest.setTimeout(60_000 + BODIES * 20);

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

/** What may stand where anything else is expected. */
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom('__proto__', '', '\u0000', '\ud800', '1e999', { $ne: null }, [[[]]], { __proto__: 1 }),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 80n }).map((value) => Number(value)),
  fc.integer({ min: 201, max: 2_000 }).map((depth) => nested(depth)),
);

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = level % 2 ? [value] : { a: value };
  return value;
}

const ids = makeIds();
const message = fc.constantFrom(...sampleNames).map((name) => ({
  ...textMessage(`wamid.${name}`, ''),
  ...sampleMessage(name, { ids, quoted: 'wamid.q', businessPhone: '97235550100', userId: 'IL.77' }),
}));
const status = fc.record({
  id: fc.string(),
  status: fc.constantFrom('sent', 'delivered', 'read', 'played', 'failed', 'hologram'),
  timestamp: fc.oneof(fc.string(), fc.integer()),
  recipient_id: fc.string(),
});

/** One place of a value, chosen by `path`, becomes another. */
function spoiled(value: unknown, path: number[], by: unknown): unknown {
  const [step = 0, ...rest] = path;
  if (typeof value !== 'object' || value === null || path.length === 0) return by;
  const keys = Object.keys(value);
  if (keys.length === 0) return by;
  const key = keys[step % keys.length] ?? '';
  const changed = spoiled((value as Record<string, unknown>)[key], rest, by);
  return Array.isArray(value)
    ? value.map((one: unknown, index) => (String(index) === key ? changed : one))
    : { ...value, [key]: changed };
}

const path = fc.array(fc.nat(20), { maxLength: 9 });
const spoiledItem = fc
  .tuple(fc.oneof(message, status), path, odd)
  .map(([item, where, by]) => spoiled(item, where, by));

/** A good message amid spoiled ones. */
const amidSpoiled = fc
  .record({
    messages: fc.array(spoiledItem, { maxLength: 4 }),
    statuses: fc.array(spoiledItem, { maxLength: 3 }),
    contacts: odd,
    more: odd,
  })
  .map(({ messages, statuses, contacts, more }) => ({
    body: text({
      ...envelope([
        change({ messages: [...messages, textMessage(GOOD, 'good')], statuses, contacts } as never),
        { field: 'hologram', value: more },
        more,
      ]),
      more,
    }),
    hasGood: true,
  }));

/** Any place of the whole notification spoiled. */
const spoiledWhole = fc
  .tuple(fc.array(message, { minLength: 1, maxLength: 3 }), path, odd)
  .map(([messages, where, by]) => ({
    body: text(spoiled(envelope([change({ messages })]), where, by)),
    hasGood: false,
  }));

/** Bytes changed, cut off or put between. */
const spoiledBytes = fc
  .tuple(
    fc.array(message, { minLength: 1, maxLength: 2 }),
    fc.nat(),
    fc.uint8Array({ maxLength: 6 }),
    fc.boolean(),
  )
  .map(([messages, at, bytes, cut]) => {
    const whole = wire(envelope([change({ messages })]));
    const from = at % whole.length;
    const tail = cut ? [] : [whole.subarray(from + 1)];
    return { body: Buffer.concat([whole.subarray(0, from), Buffer.from(bytes), ...tail]), hasGood: false };
  });

const anyBytes = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => ({
  body: Buffer.from(bytes),
  hasGood: false,
}));

const anyBody = fc.oneof(
  { weight: 4, arbitrary: amidSpoiled },
  { weight: 3, arbitrary: spoiledWhole },
  { weight: 2, arbitrary: spoiledBytes },
  { weight: 1, arbitrary: anyBytes },
);

interface Fuzzed {
  body: Buffer;
  hasGood: boolean;
}

/** The body, or the body with some bytes changed, cut, doubled or put between. An empty one is refused, signed or not. */
const anyFuzzed = fc
  .tuple(anyBody, fc.boolean(), fc.array(fc.nat(), { minLength: 6, maxLength: 6 }))
  .map(([generated, isChanged, choices]): Fuzzed => {
    if (generated.body.length === 0) return { ...generated, body: Buffer.from(' ') };
    return isChanged ? { body: changedBytes(generated.body, choices), hasGood: false } : generated;
  });

function changedBytes(body: Buffer, choices: number[]): Buffer {
  const [place = 0, length = 0, kind = 0, byte = 0, cut = 0, over = 0] = choices;
  const from = place % body.length;
  const to = Math.min(body.length, from + (length % 40));
  const between = [Buffer.of(byte % 256), body.subarray(from, to), Buffer.from('"}]{[,:\\'.charAt(byte % 8))];
  const tail = cut % 8 === 0 ? Buffer.alloc(0) : body.subarray(over % 2 === 0 ? to : from);
  const piece = between[kind % between.length] ?? Buffer.alloc(0);
  return Buffer.concat([Buffer.from(' '), body.subarray(0, from), piece, tail]);
}

function text(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function check(items: Placed[], hasGood: boolean): void {
  if (items.length === 0) throw new Error('Nothing was kept.');
  for (const { item } of items) JSON.parse(JSON.stringify(item));
  const good = items.filter(({ item }) => (item.body.message as { id?: unknown } | undefined)?.id === GOOD);
  if (hasGood && good.length !== 1) throw new Error('The good neighbour was lost.');
  if (({} as { polluted?: unknown }).polluted !== undefined) throw new Error('A prototype was changed.');
}

/** The handler without a socket. */
function direct(items: Placed[]): (body: Buffer) => Promise<number> {
  const take = (some: Placed[]) => {
    items.push(...some);
    return Promise.resolve();
  };
  const handler = createWebhookHandler(ctx, { take });
  return (body) =>
    new Promise((resolve) => {
      const headers = {
        'x-hub-signature-256': signature(body, SECRET),
        'content-length': String(body.length),
      };
      const request = Object.assign(new PassThrough(), {
        method: 'POST',
        url: '/webhooks/whatsapp',
        headers,
      });
      let status = 0;
      const response = {
        headersSent: false,
        setHeader: () => response,
        writeHead: (code: number) => void (status = code),
        end: () => resolve(status),
      };
      handler(request as unknown as IncomingMessage, response as unknown as ServerResponse);
      request.end(body);
    });
}

describe('fuzzed bodies', () => {
  it(`${BODIES} are all answered 200 and kept; no good neighbour is lost; memory stays`, async () => {
    const items: Placed[] = [];
    const send = direct(items);
    const started = performance.now();
    const before = process.memoryUsage().rss; // of other tests in this process, too
    let most = before;
    let count = 0;
    await fc.assert(
      fc.asyncProperty(anyFuzzed, async ({ body, hasGood }) => {
        const answered = await send(body);
        if (answered !== 200) throw new Error(`Answered ${answered}.`);
        check(items.splice(0), hasGood);
        count += 1;
        if (count % 20 === 0) most = Math.max(most, process.memoryUsage().rss);
      }),
      { numRuns: BODIES, seed: SEED, endOnFailure: true },
    );
    const seconds = Math.round((performance.now() - started) / 1000);
    process.stderr.write(`${count} bodies in ${seconds} s, at most ${Math.round(most / 2 ** 20)} MB\n`);
    expect(most - before).toBeLessThan(512 * 2 ** 20);
  });

  it(`${OVER_HTTP} of them over real HTTP`, async () => {
    await fc.assert(
      fc.asyncProperty(anyBody, async ({ body, hasGood }) => {
        if (body.length === 0) return;
        if ((await door.post(body)) !== 200) throw new Error('Not answered 200.');
        check(door.taken(), hasGood);
      }),
      { numRuns: OVER_HTTP, seed: SEED + 1, endOnFailure: true },
    );
  });
});
