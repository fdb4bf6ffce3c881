/** REST: searching in messages and contacts. */
import { z } from 'zod';

import { contactViews, viewsOf } from '../conversations/views.ts';
import { type Caller, listRoute, type Route } from '../http/route.ts';
import {
  ContactSchema,
  type ContactView,
  ConversationSchema,
  MessageSchema,
  type MessageView,
} from '../http/schemas.ts';
import { requireScopes } from '../tenants/auth.ts';
import { conversationsOf, findByWords } from './find.ts';

/** Where the client is answered: left out for whoever may not read conversations. */
const conversations = z
  .array(ConversationSchema)
  .optional()
  .meta({ description: 'Of the contact, or the one of the message; needs the scope `conversations:read`.' });

const FoundSchema = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('contact'), contact: ContactSchema, conversations }),
    z.object({ kind: z.literal('message'), message: MessageSchema, conversations }),
  ])
  .meta({ id: 'Found' });

export const searchRoutes: Route[] = [
  listRoute({
    path: '/v1/search',
    summary: 'Search in messages and contacts, newest first',
    description:
      'Finds what has every word of the query, whatever its case, accents and vowel points; Hebrew words also with the letters that stand before them (ו, ה, ב, כ, ל, מ, ש). Names are found by their beginning, phone numbers by their last 4 to 9 digits. Needs the scope `contacts:read`, too. A message is found by its words from the moment it was handed on.',
    scope: 'messages:read',
    budget: 'search',
    filters: {
      q: z
        .string()
        .trim()
        .min(2)
        .max(200)
        .meta({ description: 'At least 2 characters.', example: 'הזמנה 1234' }),
      kind: z.enum(['contact', 'message']).optional().meta({ description: 'Only these.' }),
    },
    item: FoundSchema,
    views: (found) => [
      found.kind === 'contact' ? found.contact.id : found.message.conversationId,
      ...(found.conversations ?? []).map(({ id }) => id),
    ],
    async read(ctx, { tenantId, caller, query }, page) {
      requireScopes(caller, ['contacts:read']);
      // Off: what was noted before is not looked at either.
      const kind = ctx.settings.SEARCH_MESSAGES === 'on' ? query.kind : 'contact';
      if (query.kind !== undefined && query.kind !== kind) return { items: [], next: null };
      const { items, next } = await findByWords(ctx, tenantId, { q: query.q, kind }, page);
      const rows = mayReadConversations(caller) ? await conversationsOf(ctx, items) : [];
      const found = items.flatMap((one) => (one.kind === 'message' ? [one.row] : []));
      const [contacts, views] = await Promise.all([
        contactViews(
          ctx,
          items.flatMap((one) => (one.kind === 'contact' ? [one.row] : [])),
        ),
        viewsOf(ctx, { messages: found, conversations: rows }),
      ]);
      const around = (isWanted: (row: (typeof rows)[number]) => boolean) => {
        if (!mayReadConversations(caller)) return {};
        const ids = rows.filter(isWanted).map(({ _id }) => _id);
        return { conversations: views.conversations.filter(({ id }) => ids.includes(id)) };
      };
      const shown = items.map((one) =>
        one.kind === 'contact'
          ? {
              kind: one.kind,
              contact: contacts.find(({ id }) => id === one.row._id) as ContactView,
              ...around(({ contactId }) => contactId === one.row._id),
            }
          : {
              kind: one.kind,
              message: views.messages.find(({ id }) => id === one.row._id) as MessageView,
              ...around(({ _id }) => _id === one.row.conversationId),
            },
      );
      return { items: shown, next };
    },
  }),
];

function mayReadConversations({ scopes }: Caller): boolean {
  return scopes.includes('conversations:read');
}
