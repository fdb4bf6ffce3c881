/** The access token of a channel: opened, replaced, and what Meta said of it. */
import { publish } from '../agents/feed.ts';
import type { Context } from '../context.ts';
import { notFound, Reject } from '../ops/errors.ts';
import { asOperator, withTenant } from '../store/scope.ts';
import { addChannel, type Channel } from '../tenants/channels.ts';
import { type ChannelRow, Channels, type RouteRow, Routes, type TokenFacts } from '../tenants/model.ts';
import type { AccountClient } from '../whatsapp/account.ts';
import { AccountGraph, type SeenToken } from './graph.ts';
import { explainFailure } from './refusals.ts';

/** Opens the token of a channel. */
export async function channelToken(ctx: Context, { _id: id, tenantId, token }: ChannelRow): Promise<string> {
  return ctx.store.keyring.open<string>({ tenantId, collection: 'channels', id, field: 'token' }, token);
}

/** @throws Reject (404) when the tenant has no such channel */
export async function findChannel(ctx: Context, tenantId: string, channelId: string): Promise<ChannelRow> {
  const row = await withTenant(tenantId, () =>
    ctx.store.model(Channels).findOne({ _id: channelId }).lean<ChannelRow>().exec(),
  );
  if (!row) throw notFound('channel');
  return row;
}

/** The Meta app whose webhooks a channel takes. */
export async function appOf(ctx: Context, { _id: channelId, phoneNumberId }: ChannelRow): Promise<string> {
  const route = await asOperator('app of a channel', () =>
    ctx.store.model(Routes).findOne({ _id: phoneNumberId, channelId }).lean<RouteRow>().exec(),
  );
  return route?.app ?? 'default';
}

/** Notes what Meta says of a channel's token; who was warned of another end is warned anew. */
export async function keepTokenFacts(
  ctx: Context,
  { tenantId, channelId }: { tenantId: string; channelId: string },
  { kind, expiresAt, scopes }: Pick<SeenToken, 'kind' | 'expiresAt' | 'scopes'>,
): Promise<void> {
  const facts: TokenFacts = {
    checkedAt: new Date(ctx.clock.now()),
    ...(kind === undefined ? {} : { kind }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(scopes === undefined ? {} : { scopes }),
  };
  await withTenant(tenantId, async () => {
    const row = await ctx.store.model(Channels).findOne({ _id: channelId }).lean<ChannelRow>().exec();
    const before = row?.tokenFacts;
    const sameEnd = before?.expiresAt?.getTime() === expiresAt?.getTime();
    const warnedDays = sameEnd ? before?.warnedDays : undefined;
    const tokenFacts = { ...facts, ...(warnedDays === undefined ? {} : { warnedDays }) };
    await ctx.store.model(Channels).updateOne({ _id: channelId }, { $set: { tokenFacts } }).exec();
  });
}

/**
 * Gives a channel another token, once Meta has shown the number to it; a paused channel goes on.
 * @throws Reject (404), (422) when the token is not good for this number
 */
export async function replaceToken(
  ctx: Context,
  client: AccountClient,
  { tenantId, channelId, token }: { tenantId: string; channelId: string; token: string },
): Promise<Channel & { expiresAt: Date | null }> {
  const row = await findChannel(ctx, tenantId, channelId);
  const { phoneNumberId, wabaId, displayNumber } = row;
  const graph = new AccountGraph(ctx, client, token.trim());
  const listed = await graph.listNumbers(wabaId);
  if (listed.kind !== 'ok') {
    const { text, todo } = explainFailure(listed);
    throw new Reject(422, 'token-unusable', `${text} ${todo} Nothing was changed.`);
  }
  if (!listed.data.some((number) => number.phoneNumberId === phoneNumberId)) {
    throw new Reject(
      422,
      'token-unusable',
      'This token does not show the channel’s number. Nothing was changed.',
    );
  }
  const app = await appOf(ctx, row);
  const added = await addChannel(ctx, { tenantId, phoneNumberId, wabaId, displayNumber, token, app });
  const seen = await graph.inspectToken();
  const facts: Pick<SeenToken, 'kind' | 'expiresAt' | 'scopes'> = seen.kind === 'ok' ? seen.data : {};
  await keepTokenFacts(ctx, { tenantId, channelId }, facts);
  await publish(ctx, tenantId, { type: 'channel.updated', channelId });
  return { ...added, expiresAt: facts.expiresAt ?? null };
}
