/** REST: erasing a person. */
import { z } from 'zod';

import { listRoute, type Route, route } from '../http/route.ts';
import { idParams } from '../http/schemas.ts';
import { notFound } from '../ops/errors.ts';
import { eraseContact } from './erase.ts';
import { type ErasureRow, Erasures, GROUNDS } from './model.ts';

const ErasureSchema = z
  .object({
    id: z.string(),
    state: z.enum(['asked', 'done']).meta({
      description: '`asked`: nobody is found as the person any more; the keys are destroyed at `destroyAt`.',
    }),
    contactIds: z.array(z.string()).meta({ description: 'The contact, and all that were merged with it.' }),
    ground: z.enum(GROUNDS),
    askedBy: z.string(),
    askedAt: z.iso.datetime(),
    destroyAt: z.iso.datetime(),
    doneAt: z.iso.datetime().nullable(),
    destroyed: z.record(z.string(), z.number()).nullable().meta({ description: 'How many of each.' }),
  })
  .meta({ id: 'Erasure' });

export const erasureRoutes: Route[] = [
  route({
    method: 'post',
    path: '/v1/contacts/{id}/erase',
    summary: 'Erase a person for good',
    description:
      'The contact, all that are merged with it, and all that was said with them, with files and parked items. It can’t be undone. In groups what the person wrote goes, the group stays.',
    scope: 'privacy:write',
    params: idParams,
    body: z.strictObject({ ground: z.enum(GROUNDS) }),
    response: ErasureSchema,
    status: 202,
    handle: async (ctx, { tenantId, principal, params, body }) =>
      view(await eraseContact(ctx, { tenantId, contactId: params.id, ground: body.ground, principal })),
  }),
  listRoute({
    path: '/v1/erasures',
    summary: 'List erasures, newest first',
    scope: 'privacy:read',
    item: ErasureSchema,
    async read(ctx, _request, { limit, after }) {
      const at = after && new Date(after.at);
      const rows = await ctx.store
        .model(Erasures)
        .find(at ? { $or: [{ askedAt: { $lt: at } }, { askedAt: at, _id: { $lt: after.id } }] } : {})
        .sort({ askedAt: -1, _id: -1 })
        .limit(limit + 1)
        .lean<ErasureRow[]>()
        .exec();
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      const next = last ? { at: last.askedAt.getTime(), id: last._id } : null;
      return { items: rows.slice(0, limit).map(view), next };
    },
  }),
  route({
    method: 'get',
    path: '/v1/erasures/{id}',
    summary: 'Read an erasure',
    scope: 'privacy:read',
    params: idParams,
    response: ErasureSchema,
    async handle(ctx, { params }) {
      const row = await ctx.store.model(Erasures).findOne({ _id: params.id }).lean<ErasureRow>().exec();
      if (!row) throw notFound('erasure');
      return view(row);
    },
  }),
];

function view(row: ErasureRow): z.infer<typeof ErasureSchema> {
  const { _id, contactIds, ground, askedBy, askedAt, destroyAt, doneAt, destroyed } = row;
  return {
    id: _id,
    state: doneAt === undefined ? 'asked' : 'done',
    contactIds,
    ground,
    askedBy,
    askedAt: askedAt.toISOString(),
    destroyAt: destroyAt.toISOString(),
    doneAt: doneAt?.toISOString() ?? null,
    destroyed: destroyed ? { ...destroyed } : null,
  };
}
