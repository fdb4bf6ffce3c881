/** REST: searching in messages and contacts. */
import { z } from 'zod';

import { contactViews, messageViews } from '../conversations/views.ts';
import { listRoute, type Route } from '../http/route.ts';
import { ContactSchema, type ContactView, MessageSchema, type MessageView } from '../http/schemas.ts';
import { requireScopes } from '../tenants/auth.ts';
import { findByWords } from './find.ts';

const FoundSchema = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('contact'), contact: ContactSchema }),
    z.object({ kind: z.literal('message'), message: MessageSchema }),
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
    views: (found) => [found.kind === 'contact' ? found.contact.id : found.message.conversationId],
    async read(ctx, { tenantId, caller, query }, page) {
      requireScopes(caller, ['contacts:read']);
      const { items, next } = await findByWords(ctx, tenantId, query, page);
      const [contacts, messages] = await Promise.all([
        contactViews(
          ctx,
          items.flatMap((found) => (found.kind === 'contact' ? [found.row] : [])),
        ),
        messageViews(
          ctx,
          items.flatMap((found) => (found.kind === 'message' ? [found.row] : [])),
        ),
      ]);
      const shown = items.map(({ kind, row }) =>
        kind === 'contact'
          ? { kind, contact: contacts.find(({ id }) => id === row._id) as ContactView }
          : { kind, message: messages.find(({ id }) => id === row._id) as MessageView },
      );
      return { items: shown, next };
    },
  }),
];
