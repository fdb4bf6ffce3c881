/** REST: the tenant's audit log, and whether it is whole. */
import { z } from 'zod';

import type { Context } from '../context.ts';
import { listRoute, type Route, route } from '../http/route.ts';
import { type AuditStateRow, AuditStates } from './model.ts';
import { entryView, listEntries } from './read.ts';
import { FAULTS, VERDICTS } from './verifier.ts';
import { recordViews } from './views.ts';

const time = z.iso.datetime();

const AuditEntrySchema = z
  .object({
    id: z.string(),
    seq: z.int().meta({ description: '1, 2, 3, … without gaps.' }),
    at: time,
    actor: z.string().meta({
      description:
        '`user:…`, `key:…`, `operator:…` (staff of the installation), `link:…` (whoever held the link to a message’s file) or `system`.',
      example: 'user:usr_06f8a2k3m4n5p6q7r8s9t0v1w2',
    }),
    staff: z.boolean().meta({ description: 'Staff of the installation acted.' }),
    action: z.string().meta({ description: 'What was done; more may come.', example: 'content.viewed' }),
    objects: z.array(z.string()).meta({ description: 'Ids of what it was done to.' }),
    outcome: z.enum(['allowed', 'refused', 'failed']),
    reason: z.string().nullable(),
    details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    address: z
      .enum(['none', 'private-v4', 'private-v6', 'public-v4', 'public-v6'])
      .meta({ description: 'Kind of the network address; the address itself is not kept.' }),
    requestId: z.string().nullable(),
    previous: z.string().meta({ description: 'Hash of the entry before.' }),
    hash: z.string().meta({ description: 'SHA-256 of this entry in canonical JSON, with `previous`.' }),
  })
  .meta({ id: 'AuditEntry' });

const IntegritySchema = z
  .object({
    state: z.enum(['intact', 'faulty', 'unknown']).meta({ description: '`unknown`: not verified yet.' }),
    verdict: z.enum(VERDICTS).nullable(),
    verifiedAt: time.nullable(),
    entries: z.int().nullable().meta({ description: 'Entries that were verified.' }),
    checkpoint: z
      .object({ seq: z.int(), at: time })
      .nullable()
      .meta({ description: 'The newest signed checkpoint, and the last entry it covers.' }),
  })
  .meta({ id: 'AuditIntegrity' });

const filters = {
  from: time.optional().meta({ description: 'At or after.' }),
  to: time.optional().meta({ description: 'Before.' }),
  actor: z.string().max(200).optional(),
  action: z
    .string()
    .max(100)
    .optional()
    .meta({ description: 'An action, or with a dot at its end all that begin so.', example: 'key.' }),
  object: z.string().max(200).optional().meta({ description: 'Id of what it was done to.' }),
};

export const auditRoutes: Route[] = [
  listRoute({
    path: '/v1/audit',
    summary: 'List the audit log, newest first',
    description:
      'Who did what, who looked at whose conversation, and what was refused. Entries hold ids and names of fields, no content. Somebody who reads the same thing again within ten minutes is written down once.',
    scope: 'audit:read',
    filters,
    item: AuditEntrySchema,
    async read(ctx, { tenantId, principal, query }, { limit, after }) {
      await recordViews(ctx, { tenantId, principal, objects: ['audit'], action: 'audit.viewed' });
      const page = { limit: limit + 1, ...(after ? { before: after.at } : {}) };
      const rows = await listEntries(ctx, tenantId, query, page);
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      return {
        items: items.map(entryView),
        next: rows.length > limit && last ? { at: last.seq, id: last._id } : null,
      };
    },
  }),
  route({
    method: 'get',
    path: '/v1/audit/integrity',
    budget: 'search',
    summary: 'Whether the audit log is whole',
    description:
      'The log is a chain of hashes. It is verified every day against signed checkpoints that are kept elsewhere.',
    scope: 'audit:read',
    response: IntegritySchema,
    handle: async (ctx, { tenantId }) => integrityOf(ctx, tenantId),
  }),
];

async function integrityOf(ctx: Context, tenantId: string): Promise<z.infer<typeof IntegritySchema>> {
  const row = await ctx.store.model(AuditStates).findOne({ _id: tenantId }).lean<AuditStateRow>().exec();
  const { verification, checkpoint } = row ?? {};
  const verdict = VERDICTS.find((known) => known === verification?.verdict) ?? null;
  const isFaulty = (FAULTS as readonly string[]).includes(verdict ?? '');
  return {
    state: verdict === null ? 'unknown' : isFaulty ? 'faulty' : 'intact',
    verdict,
    verifiedAt: verification?.at.toISOString() ?? null,
    entries: verification?.entries ?? null,
    checkpoint: checkpoint ? { seq: checkpoint.seq, at: checkpoint.at.toISOString() } : null,
  };
}
