/**
 * Whatever is missing, added, or comes in another order: what a tenant sees in the end is the same (Cloud API:
 * webhooks, messages; status webhooks).
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { wamidKey } from '../../src/conversations/ids.ts';
import type { ConversationRow } from '../../src/conversations/model.ts';
import { toldBy } from '../../src/conversations/status-view.ts';
import { applyStoredStatuses, linkWamid, raiseStatus } from '../../src/conversations/statuses.ts';
import { messageView } from '../../src/conversations/views.ts';
import { withTenant } from '../../src/store/scope.ts';
import { isJson, type Json } from '../../src/whatsapp/payload/json.ts';
import { readMessage } from '../../src/whatsapp/payload/message.ts';
import { identityChangeOf, senderOf, subjectOf } from '../../src/whatsapp/payload/people.ts';
import { NUMBER_ID, openWorld, type World } from '../outbox/world.ts';
import { ManualClock } from '../support/clock.ts';
import { type Business } from '../support/fixtures.ts';
import { readFixtures } from './fixture.ts';
import { openStage, type Stage } from './stage.ts';

/** Every message of the fixtures, as WhatsApp sends it. */
const messages = (await readFixtures())
  .flatMap(([, { steps = [] }]) => steps)
  .flatMap(({ value }) => (Array.isArray(value?.messages) ? (value.messages as unknown[]) : []))
  .filter(isJson);

/** Places of all keys of a value, however deep. */
function pathsOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[...path, key], ...pathsOf(inner, [...path, key])]);
}

/** The value without one of its keys. */
function without(value: unknown, [key = '', ...rest]: string[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    return value.map((one: unknown, index) => (String(index) === key ? without(one, rest) : one));
  }
  const { [key]: inner, ...others } = value as Json;
  return rest.length === 0 || inner === undefined ? others : { ...others, [key]: without(inner, rest) };
}

const someMessage = fc.constantFrom(...messages);
const thinned = someMessage.chain((message) => {
  const paths = pathsOf(message).filter(([first]) => first !== 'id');
  return fc
    .subarray(paths)
    .map((gone) => gone.reduce<unknown>((value, path) => without(value, path), message) as Json);
});

const unknownKey = fc.constantFrom('field_of_2027', 'extra', 'z', '🙂', '__proto__x');

/** The value with a key that nobody knows in each of its objects. */
function enriched(value: unknown, key: string, extra: unknown): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => enriched(one, key, extra));
  if (!isJson(value)) return value;
  const inner = Object.entries(value).map(([name, one]) => [name, enriched(one, key, extra)] as const);
  return { ...Object.fromEntries(inner), [key]: extra };
}

describe('a message', () => {
  it('without any of its optional keys is read, and what is there reads as before', () => {
    fc.assert(
      fc.property(thinned, (message) => {
        const read = readMessage(message);
        expect(() => [senderOf(message), subjectOf(message), identityChangeOf(message)]).not.toThrow();
        const again = readMessage(JSON.parse(JSON.stringify(message)) as Json);
        expect(again).toEqual(read);
      }),
      { numRuns: 2_000 },
    );
  });

  it('with keys that nobody knows reads the same', () => {
    const known = ({ referral, form, ...read }: ReturnType<typeof readMessage>) => ({
      ...read,
      referral: referral === undefined,
      form: form === undefined,
    });
    fc.assert(
      fc.property(someMessage, unknownKey, fc.jsonValue(), (message, key, extra) => {
        const richer = enriched(message, key, extra) as Json;
        expect(known(readMessage(richer))).toEqual(known(readMessage(message)));
        expect(senderOf(richer)).toEqual(senderOf(message));
        expect(identityChangeOf(richer)).toEqual(identityChangeOf(message));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('through the whole way', () => {
  let stage: Stage;
  let business: Business;
  beforeAll(async () => {
    stage = await openStage();
    business = await stage.business('Anything');
  });
  afterAll(() => stage.close());

  it('every thinned or enriched message of somebody is stored, and nothing else is', async () => {
    const variants = fc.sample(
      fc
        .tuple(thinned, unknownKey, fc.jsonValue({ maxDepth: 2 }))
        .map(([message, key, extra]) => enriched(message, key, extra) as Json),
      { numRuns: 40, seed: 7 },
    );
    const sent = variants.map((message, index) => ({
      ...message,
      id: `wamid.any.${index}`,
      from: '972500000001',
      from_user_id: 'IL.1001',
      group_id: undefined,
      // What changes somebody's ids has fixtures of its own.
      ...(message.type === 'system' ? { type: 'text' } : {}),
    }));
    expect(await stage.post(business, { value: { messages: sent } })).toEqual([200]);
    await stage.quiet();
    const { conversations, parked } = await stage.see(business);
    expect(parked).toEqual([]);
    expect(conversations).toHaveLength(1);
    expect(conversations[0]?.messages).toHaveLength(40);
  }, 120_000);
});

describe('statuses', () => {
  const clock = new ManualClock();
  let world: World;
  let conversation: ConversationRow;
  let count = 0;
  beforeAll(async () => {
    world = await openWorld(clock);
    conversation = await world.conversation({ phone: '972501112233' });
  });
  afterAll(() => world.close());

  const start = 1_795_348_800;
  const member = (place: number) => ({
    recipient_type: 'group',
    recipient_id: 'G-1',
    recipient_participant_user_id: `IL.${place}`,
  });
  /** Statuses of one message, each with its own time and perhaps a price, of the message or of members of a group. */
  const someStatuses = fc.uniqueArray(
    fc.record({
      status: fc.constantFrom('sent', 'delivered', 'read', 'played', 'failed', 'in_orbit'),
      timestamp: fc.nat(30).map((offset) => String(start + offset)),
      place: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
      priced: fc.boolean(),
    }),
    { minLength: 1, maxLength: 7, selector: ({ status, place }) => `${status}/${place}` },
  );
  const shuffled = someStatuses.chain((statuses) =>
    fc.tuple(
      fc.constant(statuses),
      fc.shuffledSubarray(statuses, { minLength: statuses.length, maxLength: statuses.length }),
      fc.nat(statuses.length),
    ),
  );
  type Some = typeof someStatuses extends fc.Arbitrary<infer Value> ? Value : never;

  /** What is to be seen of a message after these statuses; the wamid is known only after the first `early` of them. */
  async function after(statuses: Some, early: number): Promise<Json> {
    count += 1;
    const id = `wamid.any-order.${count}`;
    const row = await world.accept(conversation, 'Shalom');
    const link = () =>
      withTenant(world.tenantId, async () => {
        const wamid = await wamidKey(world.ctx, world.tenantId, NUMBER_ID, id);
        await linkWamid(world.ctx, row, wamid, id);
        await raiseStatus(world.ctx, row._id, 'accepted');
        await applyStoredStatuses(world.ctx, row, wamid);
      });
    for (const [index, { status, timestamp, place, priced }] of statuses.entries()) {
      if (index === early) await link();
      await world.status({
        id,
        status,
        timestamp,
        ...(place === undefined ? { recipient_id: '972501112233' } : member(place)),
        ...(priced ? { pricing: { pricing_model: 'PMP', type: 'regular', category: `c-${status}` } } : {}),
        ...(status === 'failed' ? { errors: [{ code: 131_026 }] } : {}),
      });
    }
    if (early >= statuses.length) await link();
    const view = await withTenant(world.tenantId, async () =>
      messageView(world.ctx, await world.row(row._id)),
    );
    const { status, times, recipients, pricing, charge, error } = view;
    return { status, times, recipients, pricing, charge, error };
  }

  it('in any order, early or late, lead to the same', async () => {
    await fc.assert(
      fc.asyncProperty(shuffled, async ([statuses, others, early]) => {
        expect(await after(others, early)).toEqual(await after(statuses, 0));
      }),
      { numRuns: 12 },
    );
  }, 120_000);

  it('told together, in any order, say the same', () => {
    fc.assert(
      fc.property(shuffled, ([statuses, others]) => {
        const told = (some: Some) =>
          toldBy(
            some.map(({ status, timestamp, place, priced }) => ({
              status,
              at: new Date(Number(timestamp) * 1000),
              raw: {
                ...(place === undefined ? {} : member(place)),
                ...(priced
                  ? { pricing: { pricing_model: 'PMP', type: 'regular', category: `c-${status}` } }
                  : {}),
              },
            })),
          );
        expect(told(others)).toEqual(told(statuses));
      }),
      { numRuns: 1_000 },
    );
  });
});
