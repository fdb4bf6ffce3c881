/**
 * `channel check`: whether a number can send and receive, point by point. Everything is asked anew and nothing is
 * changed, but for what we keep of the answers. A point that Meta does not answer is `unknown`, not failed.
 */
import { publish } from '../agents/feed.ts';
import type { Context } from '../context.ts';
import { wamidKey } from '../conversations/ids.ts';
import { Statuses, type StatusRow } from '../conversations/model.ts';
import { messagesPerSecond } from '../outbox/limits.ts';
import { withTenant } from '../store/scope.ts';
import { noteHealth } from '../tenants/channel-health.ts';
import { type ChannelRow, Channels, type CheckedPoint } from '../tenants/model.ts';
import type { AccountAnswer, AccountClient } from '../whatsapp/account.ts';
import { ownCallback, postSigned, shakeHands } from './callback.ts';
import { appOf, channelToken, findChannel, keepTokenFacts } from './channel-token.ts';
import { accountPoints, found, numberPoints, tokenPoints } from './findings.ts';
import { AccountGraph, type SeenNumber } from './graph.ts';
import { explainFailure } from './refusals.ts';

/** A result so young is given again: checking costs calls of the account's limit. */
const FRESH_MS = 10_000;
const STATUS_WAIT_MS = 30_000;
const STATUS_LOOK_MS = 500;

export interface Checked {
  channelId: string;
  at: Date;
  /** The worst of the points. */
  state: 'ok' | 'warn' | 'failed';
  points: CheckedPoint[];
}

export interface TestSend {
  /** Phone with country code. */
  to: string;
  template: string;
  language: string;
}

/**
 * Checks a channel of a tenant now, unless that was done just now. @param send also sends this test message
 * @throws Reject (404) for an unknown channel
 */
export async function checkChannel(
  ctx: Context,
  client: AccountClient,
  { tenantId, channelId, send }: { tenantId: string; channelId: string; send?: TestSend | undefined },
): Promise<Checked> {
  const row = await findChannel(ctx, tenantId, channelId);
  const now = ctx.clock.now();
  if (!send && row.lastCheck && now - row.lastCheck.at.getTime() < FRESH_MS) return checkedOf(row) as Checked;
  const points = await pointsOf(ctx, client, row);
  if (send) points.push(await sendPoint(ctx, client, row, send));
  const lastCheck = { at: new Date(ctx.clock.now()), points };
  await withTenant(tenantId, () =>
    ctx.store.model(Channels).updateOne({ _id: channelId }, { $set: { lastCheck } }).exec(),
  );
  await publish(ctx, tenantId, { type: 'channel.updated', channelId });
  const checked = { channelId, ...lastCheck, state: worst(points) };
  ctx.log.info(
    {
      tenantId,
      channelId,
      outcome: checked.state,
      count: points.filter(({ state }) => state === 'failed').length,
      ms: ctx.clock.now() - now,
    },
    'channel.checked',
  );
  return checked;
}

/** The last check of a channel; null: it was never checked. */
export function checkedOf({ _id: channelId, lastCheck }: ChannelRow): Checked | null {
  return lastCheck ? { channelId, ...lastCheck, state: worst(lastCheck.points) } : null;
}

function worst(points: CheckedPoint[]): Checked['state'] {
  if (points.some(({ state }) => state === 'failed')) return 'failed';
  return points.some(({ state }) => state === 'warn') ? 'warn' : 'ok';
}

async function pointsOf(ctx: Context, client: AccountClient, row: ChannelRow): Promise<CheckedPoint[]> {
  const { _id: channelId, tenantId, wabaId, phoneNumberId } = row;
  const graph = new AccountGraph(ctx, client, await channelToken(ctx, row));
  const [token, number, account, subscriptions] = await Promise.all([
    graph.inspectToken(),
    readNumber(graph, row),
    graph.readAccount(wabaId),
    graph.subscriptions(wabaId),
  ]);
  if (token.kind === 'ok') await keepTokenFacts(ctx, { tenantId, channelId }, token.data);
  if (number.kind === 'ok' && number.data) {
    const review = account.kind === 'ok' ? account.data.review : undefined;
    const values = { ...number.data.health, accountReview: review };
    await withTenant(tenantId, () => noteHealth(ctx, { tenantId, channelId }, values));
  }
  const after = await findChannel(ctx, tenantId, channelId);
  const subscribed =
    subscriptions.kind !== 'ok'
      ? found('subscribed', 'unknown', 'unknown')
      : subscriptions.data.some(
            ({ appId }) =>
              appId === undefined || token.kind !== 'ok' || [undefined, appId].includes(token.data.appId),
          )
        ? found('subscribed', 'ok', 'yes')
        : found('subscribed', 'failed', 'no', { phoneNumberId });
  return [
    row.status === 'active'
      ? found('channel', 'ok', 'active')
      : found('channel', 'failed', 'paused', { channelId, reason: row.pausedReason ?? '' }),
    ...tokenPoints(token, { channelId, now: ctx.clock.now() }),
    ...accountPoints(account, number),
    ...numberPoints(number, { wabaId, phoneNumberId, rate: messagesPerSecond(after) }),
    subscribed,
    ...(await addressPoints(ctx, row, number)),
  ];
}

/** The number as its account lists it, and then whole. */
async function readNumber(
  graph: AccountGraph,
  { wabaId, phoneNumberId }: ChannelRow,
): Promise<AccountAnswer<SeenNumber | null>> {
  const listed = await graph.listNumbers(wabaId);
  if (listed.kind !== 'ok') return listed;
  if (!listed.data.some((number) => number.phoneNumberId === phoneNumberId)) {
    return { kind: 'ok', data: null };
  }
  return graph.readNumber(wabaId, phoneNumberId);
}

/** Where webhooks go, and what our own address says when it is asked from outside. */
async function addressPoints(
  ctx: Context,
  row: ChannelRow,
  number: AccountAnswer<SeenNumber | null>,
): Promise<CheckedPoint[]> {
  const { tenantId, phoneNumberId, callbackUrl } = row;
  const own = await ownCallback(ctx, { app: await appOf(ctx, row), tenantId, callbackUrl });
  const goesTo = number.kind === 'ok' ? number.data?.callback : undefined;
  if (own.url === undefined) {
    const values = { url: goesTo ?? '?' };
    return [
      found('callback', 'warn', 'noAddress', values),
      found('handshake', 'unknown', 'skipped'),
      found('roundTrip', 'unknown', 'skipped'),
    ];
  }
  const values = { url: goesTo ?? '', ours: own.url, phoneNumberId };
  const callback =
    goesTo === undefined
      ? found('callback', 'unknown', 'unknown', values)
      : goesTo === own.url
        ? found('callback', 'ok', 'ours', values)
        : found('callback', 'failed', 'other', values);
  return [callback, await handshakePoint(ctx, own), await roundTripPoint(own)];
}

type Own = { url?: string | undefined; verifyToken: string | undefined; secret: string | undefined };

async function handshakePoint(ctx: Context, { url = '', verifyToken }: Own): Promise<CheckedPoint> {
  if (verifyToken === undefined) return found('handshake', 'failed', 'noToken');
  const seen = await shakeHands(ctx, { url, verifyToken });
  if (seen.fits) return found('handshake', 'ok', 'done');
  if (seen.kind === 'none') return found('handshake', 'failed', 'silent', { cause: seen.cause });
  return found('handshake', 'failed', 'refused', { status: String(seen.status) });
}

async function roundTripPoint({ url = '', secret }: Own): Promise<CheckedPoint> {
  if (secret === undefined) return found('roundTrip', 'failed', 'noSecret');
  const signed = await postSigned({ url, secret });
  if (signed.kind === 'none') return found('roundTrip', 'failed', 'silent', { cause: signed.cause });
  if (signed.status !== 200) {
    return found('roundTrip', 'failed', 'refused', { status: String(signed.status) });
  }
  const forged = await postSigned({ url, secret: `${secret}-not` });
  if (forged.kind === 'answer' && forged.status === 401) return found('roundTrip', 'ok', 'done');
  return found('roundTrip', 'failed', 'open', {
    status: forged.kind === 'answer' ? String(forged.status) : '0',
  });
}

/** A template, past conversations: its status comes back by webhook under a wamid that no message here has. */
async function sendPoint(
  ctx: Context,
  client: AccountClient,
  row: ChannelRow,
  send: TestSend,
): Promise<CheckedPoint> {
  const { tenantId, phoneNumberId } = row;
  const graph = new AccountGraph(ctx, client, await channelToken(ctx, row));
  const answer = await graph.sendTest(phoneNumberId, send);
  if (answer.kind !== 'ok' || answer.data === undefined) {
    const { text, todo } = explainFailure(
      answer.kind === 'ok' ? { kind: 'unknown', cause: 'no wamid' } : answer,
    );
    return found('send', 'failed', 'refused', { words: text, todo });
  }
  const key = await wamidKey(ctx, tenantId, phoneNumberId, answer.data);
  const until = performance.now() + STATUS_WAIT_MS;
  while (performance.now() < until) {
    const status = await withTenant(tenantId, () =>
      ctx.store.model(Statuses).findOne({ wamidKey: key }).sort({ _id: 1 }).lean<StatusRow>().exec(),
    );
    if (status) return found('send', 'ok', 'delivered', { status: status.status });
    await new Promise((resolve) => setTimeout(resolve, STATUS_LOOK_MS));
  }
  return found('send', 'failed', 'noStatus', { seconds: String(STATUS_WAIT_MS / 1000) });
}
