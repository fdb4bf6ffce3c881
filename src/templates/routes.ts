/** REST: templates of the tenant's accounts. Reading needs `channels:read`, changing `channels:write`. */
import { z } from 'zod';

import type { Context } from '../context.ts';
import { listRoute, type Route, route } from '../http/route.ts';
import { idParams, RenderedSchema } from '../http/schemas.ts';
import { Reject } from '../ops/errors.ts';
import { template } from '../whatsapp/send/template.ts';
import { newTemplate, templateChange } from '../whatsapp/templates/definition.ts';
import {
  channelById,
  createTemplate,
  deleteTemplate,
  editTemplate,
  previewTemplate,
  templateById,
} from './manage.ts';
import { type TemplateRow, Templates } from './model.ts';
import { blockedBy } from './sending.ts';
import { categoryNow, componentsOf } from './store.ts';
import { syncTemplates } from './sync.ts';

const time = z.iso.datetime();

const TemplateSchema = z
  .object({
    id: z.string(),
    wabaId: z.string().meta({ description: 'WhatsApp Business Account; all its numbers may send it.' }),
    metaId: z.string().nullable(),
    name: z.string(),
    language: z.string(),
    category: z.string().meta({ description: 'MARKETING, UTILITY or AUTHENTICATION: decides its price.' }),
    status: z.string().meta({ description: 'APPROVED, PENDING, REJECTED, PAUSED, DISABLED, DELETED, …' }),
    statusAt: time,
    sendable: z.boolean(),
    problem: z.string().nullable().meta({ description: 'Why it can’t be sent, and what to do.' }),
    quality: z.string().nullable(),
    reason: z.string().nullable().meta({ description: 'WhatsApp’s word.' }),
    recommendation: z.string().nullable(),
    pausedUntil: time.nullable(),
    nextCategory: z
      .object({ category: z.string(), at: time })
      .nullable()
      .meta({ description: 'A change that WhatsApp announced.' }),
    correctCategory: z.string().nullable().meta({ description: 'The category that WhatsApp thinks right.' }),
    parameterFormat: z.enum(['POSITIONAL', 'NAMED']),
    components: z
      .array(z.record(z.string(), z.unknown()))
      .nullable()
      .meta({ description: 'As WhatsApp has them; null until the account was asked.' }),
    syncedAt: time.nullable(),
  })
  .meta({ id: 'Template' });
type TemplateView = z.infer<typeof TemplateSchema>;

const NewTemplateBody = newTemplate.extend({ channelId: z.string().min(1).max(100) });
const PreviewBody = z.strictObject({ components: template.shape.components });
const WHAT_IS_REFUSED = {
  409: '`template-exists`, `template-refused`, `no-channel`, …: says what to do.',
  422: '`invalid-request` names what is wrong with the definition; `template-refused` has WhatsApp’s words.',
};

export const templateRoutes: Route[] = [
  listRoute({
    path: '/v1/templates',
    summary: 'List templates by name and language',
    scope: 'channels:read',
    filters: {
      channelId: z.string().max(100).optional().meta({ description: 'Those that this number may send.' }),
      status: z.string().max(40).optional(),
      name: z.string().max(512).optional(),
    },
    item: TemplateSchema,
    async read(ctx, { query: { channelId, status, name } }, { limit, after }) {
      const wabaId = channelId === undefined ? undefined : (await channelById(ctx, channelId)).wabaId;
      const chosen = Object.entries({ wabaId, status, name }).filter(([, value]) => value !== undefined);
      const rows = await ctx.store
        .model(Templates)
        .find({ ...Object.fromEntries(chosen), ...(after ? { _id: { $gt: after.id } } : {}) })
        .sort({ _id: 1 })
        .limit(limit + 1)
        .lean<TemplateRow[]>()
        .exec();
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      return {
        items: await Promise.all(items.map((row) => view(ctx, row))),
        next: rows.length > limit && last ? { at: 0, id: last._id } : null,
      };
    },
  }),
  route({
    method: 'get',
    path: '/v1/templates/{id}',
    summary: 'Read a template',
    scope: 'channels:read',
    params: idParams,
    response: TemplateSchema,
    handle: async (ctx, { params }) => view(ctx, await templateById(ctx, params.id)),
  }),
  route({
    method: 'post',
    path: '/v1/templates',
    summary: 'Create a template and submit it for review',
    description:
      'The body is that of the Cloud API, with `channelId`. The review’s outcome shows its `status`.',
    scope: 'channels:write',
    audits: {
      action: 'template.created',
      objects: (_params, { channelId }) => [channelId],
      made: ({ id }) => [id],
    },
    body: NewTemplateBody,
    response: TemplateSchema,
    status: 201,
    problems: WHAT_IS_REFUSED,
    handle: async (ctx, { body: { channelId, ...wanted } }) =>
      view(ctx, await createTemplate(ctx, channelId, wanted)),
  }),
  route({
    method: 'post',
    path: '/v1/templates/sync',
    summary: 'Read the templates of an account anew',
    audits: { action: 'templates.synced', objects: (_params, { channelId }) => [channelId] },
    description: 'Every account is also read by itself, every 6 hours; WhatsApp tells of changes meanwhile.',
    scope: 'channels:write',
    body: z.strictObject({ channelId: z.string().min(1).max(100) }),
    response: z.object({ seen: z.int(), removed: z.int() }),
    problems: { 409: '`account-not-asked`: the account did not answer; says why.' },
    async handle(ctx, { tenantId, body }) {
      const { wabaId } = await channelById(ctx, body.channelId);
      const { seen, removed } = syncedOr409(await syncTemplates(ctx, tenantId, wabaId));
      return { seen, removed };
    },
  }),
  route({
    method: 'patch',
    path: '/v1/templates/{id}',
    summary: 'Change a template and submit it again',
    audits: {
      action: 'template.changed',
      details: (body) => ({ fields: Object.keys(body).sort().join(' ') }),
    },
    scope: 'channels:write',
    params: idParams,
    body: templateChange,
    response: TemplateSchema,
    problems: WHAT_IS_REFUSED,
    handle: async (ctx, { params, body }) =>
      view(ctx, await editTemplate(ctx, await templateById(ctx, params.id), body)),
  }),
  route({
    method: 'delete',
    path: '/v1/templates/{id}',
    summary: 'Delete a template in its language',
    audits: { action: 'template.deleted' },
    description: 'It stays in the list as DELETED. WhatsApp keeps its name for 30 days.',
    scope: 'channels:write',
    params: idParams,
    response: TemplateSchema,
    problems: WHAT_IS_REFUSED,
    handle: async (ctx, { params }) =>
      view(ctx, await deleteTemplate(ctx, await templateById(ctx, params.id))),
  }),
  route({
    method: 'post',
    path: '/v1/templates/{id}/preview',
    summary: 'See a template filled in',
    description:
      'What does not fit its definition stands in `errors`; variables that nothing fills stay as written.',
    scope: 'channels:read',
    params: idParams,
    body: PreviewBody,
    response: z.object({
      rendered: RenderedSchema,
      errors: z.array(z.object({ path: z.string(), message: z.string() })),
    }),
    problems: { 409: '`template-not-synced`: its content is not known yet.' },
    handle: async (ctx, { params, body }) =>
      previewTemplate(ctx, await templateById(ctx, params.id), body.components),
  }),
];

/** @throws Reject (409) when the account did not answer */
export function syncedOr409(outcome: Awaited<ReturnType<typeof syncTemplates>>) {
  if (outcome.kind === 'synced') return outcome;
  const { cause, code, words } = outcome;
  const why =
    cause === 'our-limit'
      ? 'Its calls of this hour are used up; try again later.'
      : code === undefined
        ? `WhatsApp could not be reached (${cause}); try again later.`
        : `WhatsApp refused (code ${code}): ${words ?? ''}. Check the channel’s token and its permissions.`;
  throw new Reject(409, 'account-not-asked', `The account’s templates could not be read. ${why}`);
}

async function view(ctx: Context, row: TemplateRow): Promise<TemplateView> {
  const { nextCategory, nextCategoryAt, correctCategory } = row;
  const components = await componentsOf(ctx, row);
  const problem = blockedBy(row)?.detail ?? null;
  const now = ctx.clock.now();
  const isAhead =
    nextCategory !== undefined && nextCategoryAt !== undefined && nextCategoryAt.getTime() > now;
  return {
    id: row._id,
    wabaId: row.wabaId,
    metaId: row.metaId ?? null,
    name: row.name,
    language: row.language,
    category: categoryNow(row, now),
    status: row.status,
    statusAt: row.statusAt.toISOString(),
    sendable: problem === null && components !== undefined,
    problem,
    quality: row.quality ?? null,
    reason: row.reason ?? null,
    recommendation: row.recommendation ?? null,
    pausedUntil: row.pausedUntil?.toISOString() ?? null,
    nextCategory: isAhead ? { category: nextCategory, at: nextCategoryAt.toISOString() } : null,
    correctCategory: correctCategory ?? null,
    parameterFormat: row.format,
    components: components ?? null,
    syncedAt: row.syncedAt?.toISOString() ?? null,
  };
}
