/** Steps of a fixture that are more than a notification: what else happens, and what must come of it at once. */
import { readFile } from 'node:fs/promises';

import { expect } from '@jest/globals';

import type { Context } from '../../src/context.ts';
import { handleInboundMessage } from '../../src/conversations/inbound.ts';
import { type MessageRow, Messages } from '../../src/conversations/model.ts';
import type { Turn } from '../../src/lanes/worker.ts';
import { runMediaLane } from '../../src/media/lane.ts';
import { checkChannel } from '../../src/onboarding/check.ts';
import { workOutboxLane } from '../../src/outbox/lane.ts';
import { withTenant } from '../../src/store/scope.ts';
import type { AccountClient } from '../../src/whatsapp/account.ts';
import type { Graph } from '../../src/whatsapp/graph.ts';
import type { MediaClient } from '../../src/whatsapp/media.ts';
import type { Json } from '../../src/whatsapp/payload/json.ts';
import type { Business } from '../support/fixtures.ts';
import { failing } from './failing.ts';
import type { Step } from './fixture.ts';
import type { Stage } from './stage.ts';

/** Does the step, if it is one of these. @returns whether it was */
export async function act(stage: Stage, business: Business, step: Step): Promise<boolean> {
  const { atOnce, cutOff, fetched, refused, checked, document } = step;
  if (atOnce) await Promise.all(atOnce.map((value) => stage.post(business, { value })));
  else if (cutOff !== undefined) await handleCutOff(stage, business, step);
  else if (fetched) await fetchFile(stage, business);
  else if (refused) await sendRefused(stage, business, refused);
  else if (checked) await check(stage, business, checked);
  else if (document) {
    const page = await readFile(new URL(`../../${document.path}`, import.meta.url), 'utf8');
    for (const words of document.says) expect(page).toContain(words);
  } else return false;
  return true;
}

const held: Turn = {
  lockKey: '',
  token: '',
  holds: async () => true,
  stopping: () => false,
  yields: () => false,
};

/** Its message with each write failing once; then as WhatsApp repeats it. */
async function handleCutOff(
  stage: Stage,
  business: Business,
  { cutOff = 0, value = {} }: Step,
): Promise<void> {
  const { ctx } = stage;
  const { tenantId, channelId, phoneNumberId } = business;
  const [message] = value.messages as Json[];
  const body = { message, contacts: value.contacts };
  for (let at = 1; at <= cutOff; at += 1) {
    const inbound = { tenantId, channelId, phoneNumberId, position: ctx.positions.next(), body };
    await withTenant(tenantId, () => handleInboundMessage(failing(ctx, at), inbound)).catch(
      (error: unknown) => expect(String(error)).toContain('cut off'),
    );
  }
  expect(await stage.post(business, { value })).toEqual([200]);
}

/** WhatsApp no longer knows the file of the client's last message. */
async function fetchFile({ ctx }: Stage, { tenantId }: Business): Promise<void> {
  const gone = { kind: 'refused', code: 100, httpStatus: 400 } as const;
  const client: MediaClient = {
    lookUp: async () => gone,
    download: async () => ({ kind: 'gone' }),
    open: async () => ({ kind: 'gone' }),
    upload: async () => gone,
    close: () => undefined,
  };
  const row = await lastMessage(ctx, tenantId, 'in');
  const work = { client, ffmpeg: undefined, stopping: new AbortController().signal };
  await runMediaLane(ctx, work, { lane: row._id, tenantId }, held);
}

/** Sends through a Graph API that refuses; looks at the lane again and again, and counts the calls. */
async function sendRefused(
  stage: Stage,
  business: Business,
  { to, text, code = 0, minutesLater = 0, calls }: NonNullable<Step['refused']>,
): Promise<void> {
  const { ctx } = stage;
  const { tenantId } = business;
  await stage.send(business, { to, text });
  const { conversationId: lane } = await lastMessage(ctx, tenantId, 'out');
  let called = 0;
  const graph: Graph = {
    sendMessage: async () => {
      called += 1;
      return { kind: 'refused', code, httpStatus: 400 };
    },
    markRead: async () => ({ kind: 'done' }),
    close: () => undefined,
  };
  for (const hours of [0, 1, 24]) {
    const now = () => ctx.clock.now() + minutesLater * 60_000 + hours * 3_600_000;
    await workOutboxLane({ ...ctx, clock: { now } }, { graph }, { lane, tenantId }, held);
  }
  expect(called).toBe(calls);
}

async function check(
  { ctx }: Stage,
  { tenantId, channelId }: Business,
  { answers, points }: NonNullable<Step['checked']>,
): Promise<void> {
  const client: AccountClient = {
    async call({ path }) {
      const known = Object.keys(answers).find((end) => `/${path}`.endsWith(end));
      if (known === undefined) return { kind: 'unknown', cause: 'not told by the fixture' };
      return { kind: 'ok', data: answers[known] ?? {} };
    },
    close: () => undefined,
  };
  // Each check is a new one, however soon it follows.
  const later = { ...ctx, clock: { now: () => ctx.clock.now() + (checks += 1) * 60_000 } };
  const found = await checkChannel(later, client, { tenantId, channelId });
  const states = Object.fromEntries(found.points.map(({ point, state }) => [point, state]));
  expect(states).toMatchObject(points);
}
let checks = 0;

async function lastMessage(ctx: Context, tenantId: string, direction: 'in' | 'out'): Promise<MessageRow> {
  const row = await withTenant(tenantId, () =>
    ctx.store.model(Messages).findOne({ direction }).sort({ position: -1 }).lean<MessageRow>().exec(),
  );
  if (!row) throw new Error('There is no such message.');
  return row;
}
