/**
 * Words that every JavaScript object knows (`__proto__`, `constructor`) in any place of any payload: read as the
 * unknown words they are, by the receiver and by the worker.
 */
import { readdir, readFile } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { makeIds } from '../../simulator/ids.ts';
import { sampleMessage, sampleNames } from '../../simulator/people/samples.ts';
import { listDeadLetters } from '../../src/lanes/dead-letters.ts';
import { Park } from '../../src/ops/errors.ts';
import { addChannel } from '../../src/tenants/channels.ts';
import { handleItem } from '../../src/webhooks/inbound.ts';
import { RoutesTable } from '../../src/webhooks/routes-table.ts';
import { splitNotification } from '../../src/webhooks/split.ts';
import type { Json } from '../../src/whatsapp/payload/json.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { type Business, openBusiness } from '../support/fixtures.ts';
import { change, envelope, textMessage } from '../support/webhook.ts';

const WORDS = ['__proto__', 'constructor', 'toString'];
const FOLDER = new URL('../fixtures/webhook-fields/', import.meta.url);

interface Fixture {
  steps: { field?: string; value?: Json; time?: number; bare?: boolean }[];
}

/** Every place of a value at which a string stands, each replaced by the word once. */
function* withWord(value: unknown, word: string): Generator<unknown> {
  if (typeof value === 'string') yield word;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    for (const changed of withWord(inner, word)) {
      yield Array.isArray(value)
        ? value.map((one: unknown, index) => (String(index) === key ? changed : one))
        : { ...value, [key]: changed };
    }
  }
}

const ids = makeIds();
const messages = sampleNames.map((name) => ({
  ...textMessage(`wamid.${name}`, ''),
  ...sampleMessage(name, { ids, quoted: 'wamid.q', businessPhone: '97235550100', userId: 'IL.77' }),
}));

async function fieldChanges(phoneNumberId: string): Promise<Json[]> {
  const metadata = { display_phone_number: '+972 3-555 0100', phone_number_id: phoneNumberId };
  const texts = await Promise.all(
    (await readdir(FOLDER)).map((name) => readFile(new URL(name, FOLDER), 'utf8')),
  );
  return texts
    .flatMap((text) => (JSON.parse(text.replaceAll('$number', phoneNumberId)) as Fixture).steps)
    .flatMap(({ field, value, bare }) => {
      if (field === undefined || value === undefined) return [];
      return [{ field, value: bare ? value : { messaging_product: 'whatsapp', metadata, ...value } }];
    });
}

const split = (changes: unknown[]) =>
  splitNotification(Buffer.from(JSON.stringify(envelope(changes as Json[]))), 'default');
/** Each change is kept, as one item or more, and none of them because our reading failed. */
function faults(changes: unknown[]): unknown[] {
  const items = split(changes);
  if (items.length === 0) return ['nothing was kept'];
  return items.filter(({ item }) => item.kind === 'unreadable' || item.body['fault'] !== undefined);
}

let ctx: TestContext;
let business: Business;
beforeAll(async () => {
  ctx = await testContext();
  business = await openBusiness(ctx, 'Aleph');
  await addChannel(ctx, {
    tenantId: business.tenantId,
    phoneNumberId: business.phoneNumberId,
    wabaId: '102290129340398',
    displayNumber: '+97235550100',
    token: 'token-of-the-tests',
  });
});
afterAll(async () => ctx.close());

describe.each(WORDS)('%s in a notification', (word) => {
  it('is split as any other word, in every place of every kind of message', () => {
    let count = 0;
    for (const message of messages) {
      for (const changed of withWord(change({ messages: [message] }), word)) {
        count += 1;
        expect(faults([changed])).toEqual([]);
      }
    }
    expect(count).toBeGreaterThan(300);
  });

  it('is split as any other word, in every place of every other field', async () => {
    let count = 0;
    for (const known of await fieldChanges(business.phoneNumberId)) {
      for (const changed of withWord(known, word)) {
        count += 1;
        expect(faults([changed])).toEqual([]);
      }
    }
    expect(count).toBeGreaterThan(150);
  });
});

describe('the worker', () => {
  it('handles or parks what has such a word in any place of any other field; none is tried again and again', async () => {
    const routes = new RoutesTable();
    const failed: string[] = [];
    let count = 0;
    for (const known of await fieldChanges(business.phoneNumberId)) {
      for (const changed of withWord(known, '__proto__')) {
        for (const { item } of split([changed])) {
          count += 1;
          await handleItem(ctx, routes, { ...item, position: ctx.positions.next() }).catch(
            (error: unknown) => {
              if (!(error instanceof Park)) failed.push(`${String(error)}: ${JSON.stringify(changed)}`);
            },
          );
        }
      }
    }
    expect(failed).toEqual([]);
    expect(count).toBeGreaterThan(150);
  }, 120_000);

  it('reads again what failed by our own fault: its items go on, and what still fails is parked', async () => {
    const unreadable = (changes: unknown[]) => ({
      kind: 'unreadable' as const,
      app: 'default',
      wabaId: null,
      field: null,
      phoneNumberId: null,
      position: ctx.positions.next(),
      body: {
        base64: Buffer.from(JSON.stringify(envelope(changes as Json[]))).toString('base64'),
        fault: 'TypeError',
      },
    });
    const append = jest.spyOn(ctx.inbound, 'append');
    const good = unreadable([change({ messages: [textMessage('wamid.read-again', 'hello')] })]);
    await handleItem(ctx, new RoutesTable(), good);
    const [items] = append.mock.calls[0] ?? [];
    expect(items).toMatchObject([
      { item: { kind: 'message', position: good.position, body: { message: { id: 'wamid.read-again' } } } },
    ]);
    append.mockClear();
    const bad = { ...good, body: { base64: Buffer.from('{').toString('base64'), fault: 'TypeError' } };
    await handleItem(ctx, new RoutesTable(), bad);
    expect(append).not.toHaveBeenCalled();
    const [parked] = await listDeadLetters(ctx, { reason: 'unreadable' }, 1);
    expect(parked?.detail).toBe('WHATSPER failed to read it (TypeError): tell the developers.');
  });
});
