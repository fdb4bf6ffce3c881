/** REST: who I am, and my channels. */
import { z } from 'zod';

import { feedCursor } from '../agents/feed.ts';
import type { Context } from '../context.ts';
import { type Found, listRoute, type Page, PENDING_STEPS, type Route, route } from '../http/route.ts';
import { ChannelSchema, type ChannelView, idParams } from '../http/schemas.ts';
import { changePolicy, PolicyBody, policyOf } from './channel-policy.ts';
import { type ChannelRow, Channels } from './model.ts';
import { PERMISSIONS } from './permissions.ts';
import { findTenant } from './tenants.ts';

const MeSchema = z
  .object({
    tenant: z.object({ id: z.string(), name: z.string(), accountNumber: z.string() }),
    caller: z.object({ kind: z.enum(['key', 'person', 'operator']), id: z.string(), name: z.string() }),
    scopes: z.array(z.enum(PERMISSIONS)),
    pending: z
      .array(z.enum(PENDING_STEPS))
      .meta({ description: 'What a person must do before the rest of the interface answers.' }),
    csrfToken: z
      .string()
      .optional()
      .meta({ description: 'A person sends it as `X-CSRF-Token` with each request that changes something.' }),
    searchesMessages: z
      .boolean()
      .meta({ description: 'False: `GET /v1/search` finds contacts only (SEARCH_MESSAGES).' }),
    feedCursor: z
      .string()
      .meta({ description: 'Where `GET /v1/feed` begins for whoever reads lists after this.' }),
  })
  .meta({ id: 'Me' });

/** Which fields a change names. */
const fieldsGiven = (body: object) => ({ fields: Object.keys(body).sort().join(' ') });

export const tenantRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/me',
    summary: 'Whose key or session this is, and what it may',
    scope: 'any-caller',
    whilePending: true,
    response: MeSchema,
    async handle(ctx, { tenantId, caller: { kind, id, name: callerName, scopes, pending, session } }) {
      const { name, accountNumber } = await findTenant(ctx, tenantId);
      return {
        tenant: { id: tenantId, name, accountNumber },
        caller: { kind, id, name: callerName },
        scopes: [...scopes],
        pending: [...pending],
        ...(session ? { csrfToken: session.csrfToken } : {}),
        searchesMessages: ctx.settings.SEARCH_MESSAGES === 'on',
        feedCursor: await feedCursor(ctx, tenantId),
      };
    },
  }),
  listRoute({
    path: '/v1/channels',
    summary: 'List channels, oldest first',
    scope: 'channels:read',
    item: ChannelSchema,
    read: async (ctx, _request, page) => listChannelViews(ctx, page),
  }),
  route({
    method: 'patch',
    path: '/v1/channels/{id}',
    summary: 'Change how a channel sends',
    audits: { action: 'channel.policy-changed', details: fieldsGiven },
    description: 'What is not named stays as it is. It holds from the next message on.',
    scope: 'channels:write',
    params: idParams,
    body: PolicyBody,
    response: ChannelSchema,
    handle: async (ctx, { params, body }) => channelView(await changePolicy(ctx, params.id, body)),
  }),
];

/** Ids of channels sort by their time of making, so the id alone is the place in the list. */
async function listChannelViews(ctx: Context, { limit, after }: Page): Promise<Found<ChannelView>> {
  const rows = await ctx.store
    .model(Channels)
    .find(after ? { _id: { $gt: after.id } } : {})
    .sort({ _id: 1 })
    .limit(limit + 1)
    .lean<ChannelRow[]>()
    .exec();
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items: items.map(channelView),
    next: rows.length > limit && last ? { at: 0, id: last._id } : null,
  };
}

function channelView(row: ChannelRow): ChannelView {
  const { _id: id, phoneNumberId, wabaId, displayNumber, name, status, pausedReason, tokenFacts } = row;
  return {
    id,
    phoneNumberId,
    wabaId,
    displayNumber,
    name,
    status,
    pausedReason: pausedReason ?? null,
    tokenExpiresAt: tokenFacts?.expiresAt?.toISOString() ?? null,
    health: Object.fromEntries(
      Object.entries(row.health ?? {}).map(([word, { value, at }]) => [
        word,
        { value, at: at.toISOString() },
      ]),
    ),
    ...policyOf(row),
  };
}
