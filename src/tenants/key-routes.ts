/** REST: a tenant's API keys, for its people. A key never makes keys. */
import { z } from 'zod';

import { requireHolds } from '../accounts/rights.ts';
import type { Context } from '../context.ts';
import { type Found, listRoute, type Page, type Route, route } from '../http/route.ts';
import { idParams } from '../http/schemas.ts';
import { ErasedError } from '../store/keyring.ts';
import { keyName, renameApiKey, rotateApiKey, rotationFields } from './key-changes.ts';
import { type ApiKey, createApiKey, expiresDays, findKey, keyView, revokeApiKey } from './keys.ts';
import { type ApiKeyRow, ApiKeys } from './model.ts';
import { type UserRow, Users } from './people-model.ts';
import { SCOPES } from './permissions.ts';
import { profileOf } from './sessions.ts';

const time = z.iso.datetime();

const KeySchema = z
  .object({
    id: z.string().meta({ example: 'key_06f8a2k3m4n5p6q7r8s9t0v1w2' }),
    name: z.string(),
    scopes: z.array(z.enum(SCOPES)),
    createdAt: time,
    createdBy: z
      .object({ principal: z.string(), name: z.string().nullable() })
      .nullable()
      .meta({ description: 'Null of keys older than this field; without a name when no person made it.' }),
    expiresAt: time.nullable().meta({ description: 'Null: it does not end by itself.' }),
    rotatedAt: time.nullable().meta({ description: 'When it got its present secret; null: with the key.' }),
    previousUntil: time.nullable().meta({ description: 'Until then the secret before works too.' }),
    lastUsedAt: time.nullable().meta({ description: 'To the minute; null: never.' }),
    revokedAt: time.nullable(),
  })
  .meta({ id: 'ApiKey' });
type KeyAnswer = z.infer<typeof KeySchema>;

const NewKeySchema = KeySchema.extend({
  key: z.string().meta({ description: 'Shown only in this answer.', example: 'wsk_ten_…' }),
}).meta({ id: 'NewApiKey' });

const NewKeyBody = z.strictObject({
  name: keyName,
  scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length),
  expiresDays: expiresDays.optional().meta({ description: 'Without it the key does not end by itself.' }),
});

export const keyRoutes: Route[] = [
  listRoute({
    path: '/v1/keys',
    summary: 'List API keys, newest first; revoked and expired ones too',
    scope: 'keys:read',
    forPeople: true,
    item: KeySchema,
    read: (ctx, _request, page) => listKeys(ctx, page),
  }),
  route({
    method: 'post',
    path: '/v1/keys',
    summary: 'Make an API key',
    description: 'Nobody gives a key more than they may themselves.',
    scope: 'keys:write',
    forPeople: true,
    body: NewKeyBody,
    response: NewKeySchema,
    status: 201,
    problems: { 403: 'A scope is more than you may yourself (`more-than-you-hold`).' },
    async handle(ctx, { tenantId, principal, caller, body }) {
      requireHolds(caller, body.scopes);
      const made = await createApiKey(ctx, { tenantId, ...body }, principal);
      return { ...(await answerOf(ctx, made)), key: made.key };
    },
  }),
  route({
    method: 'patch',
    path: '/v1/keys/{id}',
    summary: 'Give an API key another name',
    scope: 'keys:write',
    forPeople: true,
    params: idParams,
    body: z.strictObject({ name: keyName }),
    response: KeySchema,
    problems: { 409: 'It has ended (`key-ended`).' },
    handle: async (ctx, { tenantId, principal, params, body: { name } }) =>
      answerOf(ctx, await renameApiKey(ctx, { tenantId, keyId: params.id }, name, principal)),
  }),
  route({
    method: 'post',
    path: '/v1/keys/{id}/rotate',
    summary: 'Give an API key another secret; the one before works for a while',
    scope: 'keys:write',
    forPeople: true,
    params: idParams,
    body: z.strictObject(rotationFields),
    response: NewKeySchema,
    problems: {
      403: 'The key may more than you (`more-than-you-hold`).',
      409: 'It has ended (`key-ended`), or somebody changed it just now (`changed-meanwhile`).',
    },
    async handle(ctx, { tenantId, principal, caller, params: { id: keyId }, body }) {
      requireHolds(caller, (await findKey(ctx, keyId)).scopes);
      const made = await rotateApiKey(ctx, { tenantId, keyId }, body, principal);
      return { ...(await answerOf(ctx, made)), key: made.key };
    },
  }),
  route({
    method: 'post',
    path: '/v1/keys/{id}/revoke',
    summary: 'End an API key at once',
    scope: 'keys:write',
    forPeople: true,
    params: idParams,
    response: KeySchema,
    handle: async (ctx, { tenantId, principal, params: { id: keyId } }) =>
      answerOf(ctx, await revokeApiKey(ctx, { tenantId, keyId }, principal)),
  }),
];

/** Ids of keys sort by their time of making, so the id alone is the place in the list. */
async function listKeys(ctx: Context, { limit, after }: Page): Promise<Found<KeyAnswer>> {
  const rows = await ctx.store
    .model(ApiKeys)
    .find(after ? { _id: { $lt: after.id } } : {})
    .sort({ _id: -1 })
    .limit(limit + 1)
    .lean<ApiKeyRow[]>()
    .exec();
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const now = ctx.clock.now();
  return {
    items: await Promise.all(items.map((row) => answerOf(ctx, keyView(row, now)))),
    next: rows.length > limit && last ? { at: 0, id: last._id } : null,
  };
}

async function answerOf(ctx: Context, key: ApiKey): Promise<KeyAnswer> {
  const { keyId: id, name, scopes, createdBy } = key;
  const iso = (at: Date | null) => at?.toISOString() ?? null;
  return {
    id,
    name,
    scopes,
    createdAt: key.createdAt.toISOString(),
    createdBy: createdBy === null ? null : { principal: createdBy, name: await nameOf(ctx, createdBy) },
    expiresAt: iso(key.expiresAt),
    rotatedAt: iso(key.rotatedAt),
    previousUntil: iso(key.previousUntil),
    lastUsedAt: iso(key.lastUsedAt),
    revokedAt: iso(key.revokedAt),
  };
}

/** Null when no person did it, or the person was erased. */
async function nameOf(ctx: Context, principal: string): Promise<string | null> {
  const [kind, userId] = principal.split(':');
  if (kind !== 'user' || userId === undefined) return null;
  const user = await ctx.store.model(Users).findOne({ _id: userId }).lean<UserRow>().exec();
  if (!user) return null;
  try {
    const { firstName, lastName } = await profileOf(ctx, user);
    return `${firstName} ${lastName}`;
  } catch (error) {
    if (error instanceof ErasedError) return null;
    throw error;
  }
}
