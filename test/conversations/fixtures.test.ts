/**
 * What WhatsApp sends, as data: each file of test/fixtures/whatsapp goes the real way, from the signed POST through
 * lanes and worker into the store, and is compared with what a tenant then sees by REST. Then all of it comes once
 * more: nothing may change (P2).
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { findOrCreateContact } from '../../src/conversations/contacts.ts';
import { identityKey } from '../../src/conversations/ids.ts';
import { Identities } from '../../src/conversations/model.ts';
import { withTenant } from '../../src/store/scope.ts';
import { numberVariants } from '../../src/whatsapp/numbers.ts';
import type { Business } from '../support/fixtures.ts';
import { textMessage } from '../support/webhook.ts';
import { act } from './acts.ts';
import {
  type Expected,
  type ExpectedMessage,
  filledIn,
  type Fixture,
  readFixtures,
  readNumbers,
  type Step,
} from './fixture.ts';
import { openStage, type Seen, type Stage } from './stage.ts';

const all = await readFixtures();
const numbers = await readNumbers();

/** What a fixture led to. */
interface Played {
  business: Business;
  /** Ids of what the business sent. */
  sent: string[];
  first?: Seen;
  again?: Seen;
  /** The step that went wrong. */
  error?: unknown;
}

let stage: Stage;
const played = new Map<string, Played>();
const toPlay = all;

/** All fixtures go side by side, step by step, so that the lanes are waited for once a step. */
beforeAll(async () => {
  stage = await openStage();
  await Promise.all(
    toPlay.map(async ([name]) => {
      played.set(name, { business: await stage.business(name), sent: [] });
    }),
  );
  await playAll(({ steps }) => steps);
  await lookAtAll('first');
  await playAll(({ steps }) => steps.filter((step) => step.value ?? step.change ?? step.atOnce));
  await lookAtAll('again');
}, 180_000);
afterAll(() => stage.close());

async function playAll(chosen: (fixture: Fixture) => Step[]): Promise<void> {
  const longest = Math.max(...toPlay.map(([, fixture]) => chosen(fixture).length));
  for (let place = 0; place < longest; place += 1) {
    await Promise.all(
      toPlay.map(async ([name, fixture]) => {
        const of = played.get(name) as Played;
        const step = chosen(fixture)[place];
        try {
          if (step && of.error === undefined) await play(of, step);
        } catch (error) {
          of.error = error;
        }
      }),
    );
    await stage.quiet();
  }
}

async function lookAtAll(when: 'first' | 'again'): Promise<void> {
  await Promise.all(
    [...played.values()].map(async (of) => {
      of[when] = await stage.see(of.business);
    }),
  );
}

async function play({ business, sent }: Played, given: Step): Promise<void> {
  const step = filledIn(given, sent, stage.ctx.clock.now());
  const message = step.sent ?? step.accepted;
  if (await act(stage, business, step)) return;
  if (message) sent.push(await stage.send(business, message));
  else if (step.get) {
    const { status = 200, text, type = '' } = step;
    const answer = await stage.get(step.get);
    expect(answer.status).toBe(status);
    if (text !== undefined) expect(answer.text).toBe(text);
    expect(answer.type).toContain(type);
  } else {
    const answers = await stage.post(business, step);
    expect(answers.every((status) => status === (step.status ?? 200))).toBe(true);
  }
}

function check(seen: Seen, expected: Expected): void {
  expect(seen.conversations.map(({ messages }) => messages.length)).toEqual(
    expected.conversations.map(({ messages }) => messages.length),
  );
  for (const [index, { messages, preview, ...conversation }] of expected.conversations.entries()) {
    const found = seen.conversations[index];
    expect(found).toMatchObject(conversation);
    if (preview !== undefined) expect(found).toMatchObject({ lastMessage: { preview } });
    for (const [place, message] of messages.entries()) checkMessage(found?.messages[place], message);
  }
  expect(seen.parked).toEqual(expected.parked ?? []);
  if (expected.contacts !== undefined) expect(seen.contacts).toHaveLength(expected.contacts);
  if (expected.costs) expect(seen.costs).toMatchObject(expected.costs);
}

function checkMessage(seen: Record<string, unknown> = {}, expected: ExpectedMessage): void {
  const { $absent = [], $without, $exactly = {}, ...fields } = expected;
  expect(seen).toMatchObject(fields);
  for (const key of $absent) expect(seen).not.toHaveProperty(key);
  for (const [key, value] of Object.entries($exactly)) expect(seen[key]).toEqual(value);
  if ($without !== undefined) expect(JSON.stringify(seen)).not.toContain($without);
}

it.each(toPlay)('%s', (name, fixture) => {
  const { first, again, error } = played.get(name) as Played;
  if (error !== undefined) throw error as Error;
  check(first as Seen, fixture.expect);
  // What waits for a person waits twice then.
  expect({ ...again, parked: [] }).toEqual({ ...first, parked: [] });
});

it('every pitfall has a file', () => {
  const pitfalls = all
    .filter(([name]) => name.startsWith('pitfalls/'))
    .map(([, { about }]) => parseInt(about, 10));
  expect([...new Set(pitfalls)].sort((one, other) => one - other)).toEqual(
    Array.from({ length: 30 }, (_, index) => index + 1),
  );
});

it('every rule of changed ids has a file', () => {
  const rules = all
    .filter(([name]) => name.startsWith('rotation/'))
    .map(([, { about }]) => parseInt(about, 10));
  expect([...new Set(rules)].filter((rule) => rule > 0).sort((one, other) => one - other)).toEqual(
    Array.from({ length: 13 }, (_, index) => index + 1),
  );
});

describe('numbers', () => {
  /** A contact of an earlier time, known by exactly this form. */
  async function store({ tenantId }: Business, phone: string): Promise<string> {
    const { ctx } = stage;
    return withTenant(tenantId, async () => {
      const contact = await findOrCreateContact(ctx, tenantId, { bsuid: `XX.${phone}` }, {}, {});
      const _id = await identityKey(ctx, tenantId, { kind: 'phone', value: phone });
      const row = { _id, tenantId, kind: 'phone' as const, contactId: contact._id, createdAt: new Date() };
      await ctx.store.model(Identities).insertMany([row]);
      return contact._id;
    });
  }

  it.each(numbers.map((row) => [`${row.stored.join(' and ') || 'nothing'} ← ${row.incoming}`, row] as const))(
    '%s',
    async (_name, { stored, incoming, finds }) => {
      const [business, elsewhere] = await Promise.all([stage.business('here'), stage.business('elsewhere')]);
      const ids = new Map<string, string>();
      for (const phone of stored) {
        const owner = phone.startsWith('elsewhere:') ? elsewhere : business;
        ids.set(phone, await store(owner, phone.replace('elsewhere:', '')));
      }
      await stage.post(business, {
        value: { messages: [textMessage('wamid.n', 'hi', { phone: incoming })] },
      });
      await stage.quiet();
      const [conversation] = (await stage.see(business)).conversations;
      const contact = conversation?.contact as { id: string; phone: string } | undefined;
      // Written to as received, whoever it is.
      expect(contact?.phone).toBe(`+${incoming}`);
      if (finds === null) expect([...ids.values()]).not.toContain(contact?.id);
      else expect(contact?.id).toBe(ids.get(finds));
    },
  );

  it('a BSUID has no other form', () => {
    expect(numberVariants('BR.5541988887777')).toEqual(['BR.5541988887777']);
  });
});
