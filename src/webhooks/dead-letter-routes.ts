/** REST: a tenant's own dead letters. What belongs to no tenant (unrouted, mismatch, unreadable) only an operator sees. */
import { z } from 'zod';

import type { Context } from '../context.ts';
import { Identities } from '../conversations/model.ts';
import { listRoute, type Route, route } from '../http/route.ts';
import { idParams } from '../http/schemas.ts';
import {
  type DeadLetterFilter,
  type DeadLetterSummary,
  discardDeadLetter,
  findDeadLetter,
  listDeadLetters,
  openItem,
} from '../lanes/dead-letters.ts';
import type { DeadLetterRow } from '../lanes/model.ts';
import { keysOfPerson } from '../lanes/person.ts';
import { replayDeadLetter, replayDeadLetters } from '../lanes/retry.ts';
import { shapeOf } from '../lanes/shape.ts';
import { notFound } from '../ops/errors.ts';
import { ErasedError } from '../store/keyring.ts';
import { type ChannelRow, Channels } from '../tenants/model.ts';

/** So many are put back by one request, so that it ends in time; `more` asks for the next one. */
const RETRIED_AT_ONCE = 1_000;

/** Reasons that an item of a known tenant can have. */
const REASONS = ['failed', 'unknown-field'] as const;
/** Words, not text: the reason stands in the log, which holds nobody's words. */
const DISCARD_REASONS = ['handled-elsewhere', 'not-needed', 'duplicate', 'spam', 'test', 'other'] as const;

const time = z.iso.datetime();

const DeadLetterSchema = z
  .object({
    id: z.string().meta({ example: 'dlt_06f8a2k3m4n5p6q7r8s9t0v1w2' }),
    reason: z
      .string()
      .meta({ description: '`failed`: handling failed each time; `unknown-field`: nothing acts on it yet.' }),
    detail: z.string(),
    kind: z.string().meta({ description: '`message`, `status`, `errors`, `other`, `forward`.' }),
    phoneNumberId: z.string().nullable(),
    attempts: z.int().meta({ description: 'Tries of all rounds together.' }),
    retries: z.int().meta({ description: 'How often it was put back and came here again.' }),
    receivedAt: time.meta({ description: 'First receipt; a retry does not change it.' }),
    parkedAt: time,
  })
  .meta({ id: 'DeadLetter', description: 'A notification that could not be handled and needs a person.' });

const DeadLetterDetailSchema = DeadLetterSchema.extend({
  structure: z.array(z.string()).meta({ description: 'Names of fields, types and lengths.' }),
  content: z
    .record(z.string(), z.unknown())
    .nullable()
    .meta({ description: 'As WhatsApp sent it; null without the scope `messages:read`, or when erased.' }),
}).meta({ id: 'DeadLetterDetail' });

const filters = {
  reason: z.enum(REASONS).optional(),
  channelId: z.string().max(100).optional(),
  contactId: z.string().max(100).optional().meta({ description: 'From or about this contact.' }),
  from: time.optional().meta({ description: 'Received at or after.' }),
  to: time.optional().meta({ description: 'Received before.' }),
};

/** At least one, so that an empty body does not retry everything by mistake. */
const RetryBody = z
  .strictObject({
    ...filters,
    person: z.string().min(1).max(200).optional().meta({
      description: 'From or about this phone number (with country code) or business-scoped user id.',
    }),
    all: z.literal(true).optional().meta({ description: 'Every dead letter.' }),
  })
  .refine((body) => Object.keys(body).length > 0, { error: 'name a filter, or all: true' })
  .refine((body) => body.all === undefined || Object.keys(body).length === 1, {
    error: 'all goes with no filter',
  })
  .refine((body) => body.person === undefined || body.contactId === undefined, {
    error: 'give one of person and contactId',
  });

type Filters = Partial<Omit<z.infer<typeof RetryBody>, 'all'>>;

export const deadLetterRoutes: Route[] = [
  listRoute({
    path: '/v1/dead-letters',
    summary: 'List notifications that need a person, those received last first',
    scope: 'dead-letters:read',
    filters,
    item: DeadLetterSchema,
    async read(ctx, { tenantId, query }, { limit, after }) {
      const place = after && { receivedAt: new Date(after.at), _id: after.id };
      const rows = await listDeadLetters(ctx, await readFilter(ctx, tenantId, query), limit + 1, place);
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      const next = rows.length > limit && last ? { at: last.receivedAt.getTime(), id: last._id } : null;
      return { items: items.map(view), next };
    },
  }),
  route({
    method: 'post',
    path: '/v1/dead-letters/retry',
    summary: 'Put dead letters back to be handled',
    audits: {
      action: 'dead-letters.replayed',
      details: (body) => ({ filters: Object.keys(body).sort().join(' ') }),
    },
    description: `Those that fit the filters, the oldest first, at most ${RETRIED_AT_ONCE} by one request: repeat it while \`more\` is true. What fails again comes back as a dead letter with its id and its tries counted on.`,
    scope: 'dead-letters:write',
    body: RetryBody,
    response: z.object({ retried: z.int(), more: z.boolean() }),
    status: 202,
    async handle(ctx, { tenantId, body: { all, ...chosen } }) {
      void all; // said only to have said it
      const filter = await readFilter(ctx, tenantId, chosen);
      const { replayed, more } = await replayDeadLetters(ctx, filter, { most: RETRIED_AT_ONCE });
      return { retried: replayed, more };
    },
  }),
  route({
    method: 'get',
    path: '/v1/dead-letters/{id}',
    summary: 'Read a dead letter',
    description: 'Its content is shown to a key that also has `messages:read`.',
    scope: 'dead-letters:read',
    params: idParams,
    response: DeadLetterDetailSchema,
    views: ({ id, content }) => (content === null ? [] : [id]),
    async handle(ctx, { tenantId, caller, params }) {
      const row = await findDeadLetter(ctx, params.id, { tenantId });
      return { ...view(row), ...(await contentOf(ctx, row, caller.scopes.includes('messages:read'))) };
    },
  }),
  route({
    method: 'post',
    path: '/v1/dead-letters/{id}/retry',
    summary: 'Put a dead letter back to be handled',
    audits: { action: 'dead-letter.replayed' },
    scope: 'dead-letters:write',
    params: idParams,
    response: z.object({ id: z.string() }),
    status: 202,
    async handle(ctx, { tenantId, params }) {
      await replayDeadLetter(ctx, params.id, { tenantId }).catch(refuseErased);
      return { id: params.id };
    },
  }),
  route({
    method: 'post',
    path: '/v1/dead-letters/{id}/discard',
    summary: 'Remove a dead letter for good',
    audits: { action: 'dead-letter.discarded', details: ({ reason }) => ({ reason }) },
    scope: 'dead-letters:write',
    params: idParams,
    body: z.strictObject({ reason: z.enum(DISCARD_REASONS) }),
    response: z.object({ id: z.string() }),
    async handle(ctx, { tenantId, params, body }) {
      await discardDeadLetter(ctx, params.id, body.reason, { tenantId });
      return { id: params.id };
    },
  }),
];

/** @throws Reject (404) for a channel or contact that is not the tenant's */
async function readFilter(
  ctx: Context,
  tenantId: string,
  { reason, channelId, contactId, person, from, to }: Filters,
): Promise<DeadLetterFilter> {
  return {
    tenantId,
    reason,
    phoneNumberId: channelId === undefined ? undefined : await numberOf(ctx, channelId),
    people:
      person !== undefined
        ? await keysOfPerson(ctx, person, tenantId)
        : contactId === undefined
          ? undefined
          : await identitiesOf(ctx, contactId),
    from: from === undefined ? undefined : new Date(from),
    to: to === undefined ? undefined : new Date(to),
  };
}

async function numberOf(ctx: Context, channelId: string): Promise<string> {
  const row = await ctx.store.model(Channels).findOne({ _id: channelId }).lean<ChannelRow>().exec();
  if (!row) throw notFound('channel');
  return row.phoneNumberId;
}

/** Ids of identities are the digests that dead letters carry. */
async function identitiesOf(ctx: Context, contactId: string): Promise<string[]> {
  const keys = await ctx.store.model(Identities).distinct('_id', { contactId }).exec();
  if (keys.length === 0) throw notFound('contact');
  return keys;
}

async function contentOf(ctx: Context, row: DeadLetterRow, mayRead: boolean) {
  try {
    const { body } = await openItem(ctx, row);
    return { structure: shapeOf(body), content: mayRead ? body : null };
  } catch (error) {
    if (error instanceof ErasedError) return { structure: ['erased'], content: null };
    throw error;
  }
}

function refuseErased(error: unknown): never {
  throw error instanceof ErasedError ? notFound('dead letter') : error;
}

function view({ _id: id, ...row }: DeadLetterSummary) {
  const { reason, detail, kind, phoneNumberId, attempts, retries, receivedAt, parkedAt } = row;
  return {
    id,
    reason,
    detail,
    kind,
    phoneNumberId: phoneNumberId ?? null,
    attempts,
    retries: retries ?? 0,
    receivedAt: receivedAt.toISOString(),
    parkedAt: parkedAt.toISOString(),
  };
}
