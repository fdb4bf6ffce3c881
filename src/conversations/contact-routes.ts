/** REST: contacts, and saying that two of them are one person. */
import { z } from 'zod';

import type { Context } from '../context.ts';
import { listRoute, type Route, route } from '../http/route.ts';
import { ContactSchema, idParams } from '../http/schemas.ts';
import { contactById, mergeContact, samePerson, undoMerge } from './merge.ts';
import type { ContactRow } from './model.ts';
import { listContacts } from './read.ts';
import { contactViews } from './views.ts';

const PersonSchema = ContactSchema.extend({
  samePersonAs: z
    .array(ContactSchema)
    .meta({ description: 'The other contacts that are merged with this one, in any direction.' }),
}).meta({ id: 'Person' });
type PersonView = z.infer<typeof PersonSchema>;

const shownPeople = ({ id, samePersonAs }: PersonView) => [id, ...samePersonAs.map((other) => other.id)];

export const contactRoutes: Route[] = [
  listRoute({
    path: '/v1/contacts',
    summary: 'List contacts, newest first',
    scope: 'contacts:read',
    item: ContactSchema,
    views: ({ id }) => [id],
    async read(ctx, _request, page) {
      const { items, next } = await listContacts(ctx, page);
      return { items: await contactViews(ctx, items), next };
    },
  }),
  route({
    method: 'get',
    path: '/v1/contacts/{id}',
    summary: 'Read a contact, and who is the same person',
    scope: 'contacts:read',
    params: idParams,
    response: PersonSchema,
    views: shownPeople,
    handle: async (ctx, { tenantId, params }) => person(ctx, await contactById(ctx, tenantId, params.id)),
  }),
  route({
    method: 'post',
    path: '/v1/contacts/{id}/merge',
    summary: 'Say that a contact is the same person as another',
    audits: { action: 'contact.merged', objects: ({ id }, { into }) => [id, into] },
    description:
      'Only a link: conversations and what was said stay apart, each under its own key. It can be undone. What erases one erases all that are linked.',
    scope: 'contacts:write',
    params: idParams,
    body: z.strictObject({
      into: z.string().min(1).max(100).meta({ description: 'Id of the other contact.' }),
    }),
    response: PersonSchema,
    views: shownPeople,
    problems: {
      409: '`already-merged`: with a third one; `merge-circle`: the other way round. Undo that first.',
    },
    async handle(ctx, { tenantId, principal, params, body }) {
      const asked = { tenantId, contactId: params.id, into: body.into, principal };
      return person(ctx, await mergeContact(ctx, asked));
    },
  }),
  route({
    method: 'delete',
    path: '/v1/contacts/{id}/merge',
    summary: 'Undo a merge',
    audits: { action: 'contact.merge-undone' },
    scope: 'contacts:write',
    params: idParams,
    response: PersonSchema,
    views: shownPeople,
    handle: async (ctx, { tenantId, principal, params }) =>
      person(ctx, await undoMerge(ctx, { tenantId, contactId: params.id, principal })),
  }),
];

async function person(ctx: Context, row: ContactRow): Promise<PersonView> {
  const others = (await samePerson(ctx, row)).filter(({ _id }) => _id !== row._id);
  const [own, ...rest] = await contactViews(ctx, [row, ...others]);
  return { ...(own as PersonView), samePersonAs: rest };
}
