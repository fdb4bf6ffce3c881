/**
 * Watches the access tokens: each channel's once a day. People are told 14, 7 and 1 days before one ends; one that Meta
 * no longer accepts pauses its channel, whose messages wait until `channel token` gives another.
 */
import { publish } from '../agents/feed.ts';
import type { Context } from '../context.ts';
import { raiseNotice } from '../notices/notices.ts';
import { pauseChannel } from '../outbox/pause.ts';
import { asOperator, withTenant } from '../store/scope.ts';
import { type ChannelRow, Channels, Tenants } from '../tenants/model.ts';
import type { AccountClient } from '../whatsapp/account.ts';
import { channelToken, findChannel, keepTokenFacts } from './channel-token.ts';
import { isTokenRefused, WARN_DAYS } from './findings.ts';
import { AccountGraph } from './graph.ts';

const DAY_MS = 86_400_000;
const EVERY_MS = DAY_MS;
/** Days before the end; each is told once. */
const TELL_AT = [WARN_DAYS, 7, 1];
/** Channels of one look: a day has 17,280 looks. */
const AT_ONCE = 20;
const TENANTS_AT_ONCE = 500;

/** Code of the Graph API for a token that it does not accept. */
const TOKEN_INVALID = 190;

/** Checks tokens that are due. Runs as operator. @returns how many were looked at */
export async function watchTokens(ctx: Context, client: AccountClient): Promise<number> {
  const rows = await dueChannels(ctx);
  let count = 0;
  for (const row of rows) {
    if (!(await claimLook(ctx, row))) continue;
    count += 1;
    await withTenant(row.tenantId, () => watchToken(ctx, client, row));
  }
  return count;
}

/** Tenant by tenant, since every index begins with the tenant. */
async function dueChannels(ctx: Context): Promise<ChannelRow[]> {
  const before = new Date(ctx.clock.now() - EVERY_MS);
  const tenants = await ctx.store.model(Tenants).find().select({ _id: 1 }).lean<{ _id: string }[]>().exec();
  const found: ChannelRow[] = [];
  for (let start = 0; start < tenants.length && found.length < AT_ONCE; start += TENANTS_AT_ONCE) {
    const tenantId = { $in: tenants.slice(start, start + TENANTS_AT_ONCE).map(({ _id }) => _id) };
    const rows = await ctx.store
      .model(Channels)
      .find({
        tenantId,
        $or: [{ tokenLookedAt: null }, { tokenLookedAt: { $lte: before } }],
      })
      .limit(AT_ONCE - found.length)
      .lean<ChannelRow[]>()
      .exec();
    found.push(...rows);
  }
  return found;
}

/** Of several processes one looks; a look that dies is made up for the next day. */
async function claimLook(ctx: Context, { _id, tenantId, tokenLookedAt }: ChannelRow): Promise<boolean> {
  const { modifiedCount } = await ctx.store
    .model(Channels)
    .updateOne(
      { _id, tenantId, tokenLookedAt: tokenLookedAt ?? null },
      { $set: { tokenLookedAt: new Date(ctx.clock.now()) } },
    )
    .exec();
  return modifiedCount === 1;
}

async function watchToken(ctx: Context, client: AccountClient, row: ChannelRow): Promise<void> {
  const { _id: channelId, tenantId } = row;
  const token = await new AccountGraph(ctx, client, await channelToken(ctx, row)).inspectToken();
  const isOver = isTokenRefused(token) || (token.kind === 'ok' && !token.data.valid);
  if (isOver) return pauseChannel(ctx, row, TOKEN_INVALID, 'token-invalid');
  if (token.kind !== 'ok') {
    ctx.log.info({ tenantId, channelId, outcome: token.kind, reason: 'not told' }, 'token.checked');
    return;
  }
  await keepTokenFacts(ctx, { tenantId, channelId }, token.data);
  await tellOfEnd(ctx, await findChannel(ctx, tenantId, channelId));
}

async function tellOfEnd(ctx: Context, { _id: channelId, tenantId, tokenFacts }: ChannelRow): Promise<void> {
  const expiresAt = tokenFacts?.expiresAt;
  if (!tokenFacts || !expiresAt) return;
  const days = Math.ceil((expiresAt.getTime() - ctx.clock.now()) / DAY_MS);
  const due = TELL_AT.filter((at) => days <= at).at(-1);
  if (due === undefined || (tokenFacts.warnedDays ?? Infinity) <= due) return;
  await raiseNotice(ctx, {
    tenantId,
    kind: 'token',
    event: 'token-ends',
    severity: due <= 7 ? 'critical' : 'warning',
    unique: [channelId, expiresAt.toISOString(), String(due)],
    text: `The access token of this number ends on ${expiresAt.toISOString().slice(0, 10)}, in ${days} ${days === 1 ? 'day' : 'days'}. Give it another one: whatsper channel token --channel ${channelId} --token -`,
    channelId,
    at: new Date(ctx.clock.now()),
  });
  await ctx.store
    .model(Channels)
    .updateOne({ _id: channelId }, { $set: { 'tokenFacts.warnedDays': due } })
    .exec();
  await publish(ctx, tenantId, { type: 'channel.updated', channelId });
  ctx.log.warn({ tenantId, channelId, count: days, reason: 'the token ends' }, 'alert.token-ends');
}

/** For `whatsper status`: channels that are paused, and those whose token ends within 14 days. Runs as operator. */
export async function channelTroubles(ctx: Context): Promise<{ paused: number; tokensEnding: number }> {
  const soon = new Date(ctx.clock.now() + WARN_DAYS * DAY_MS);
  return asOperator('status: channels', async () => {
    const tenants = await ctx.store.model(Tenants).find().select({ _id: 1 }).lean<{ _id: string }[]>().exec();
    const totals = { paused: 0, tokensEnding: 0 };
    for (let start = 0; start < tenants.length; start += TENANTS_AT_ONCE) {
      const tenantId = { $in: tenants.slice(start, start + TENANTS_AT_ONCE).map(({ _id }) => _id) };
      const channels = ctx.store.model(Channels);
      totals.paused += await channels.countDocuments({ tenantId, status: 'paused' }).exec();
      totals.tokensEnding += await channels
        .countDocuments({ tenantId, 'tokenFacts.expiresAt': { $lte: soon } })
        .exec();
    }
    return totals;
  });
}
