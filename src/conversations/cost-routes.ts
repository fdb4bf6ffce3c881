/** REST: what messages cost. */
import { z } from 'zod';

import { type Route, route } from '../http/route.ts';
import { ChargeSchema } from '../http/schemas.ts';
import { notFound, Reject } from '../ops/errors.ts';
import { Channels } from '../tenants/model.ts';
import { costsOf } from './charges.ts';
import { conversationById } from './read.ts';

const DAY_MS = 24 * 3_600_000;
/** Without `from`. */
const DEFAULT_RANGE_MS = 30 * DAY_MS;
const LONGEST_RANGE_MS = 400 * DAY_MS;

const time = z.iso.datetime();

export const costRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/costs',
    summary: 'How many messages WhatsApp charged for',
    description:
      'Counted from the prices that WhatsApp names with its statuses, read by the rules of their day; also of messages that other programs sent from the same numbers. WhatsApp sends no amounts: multiply by its price list. With `channelId` or `conversationId` only theirs.',
    scope: 'costs:read',
    query: z.strictObject({
      from: time.optional().meta({ description: 'Default: 30 days before `to`.' }),
      to: time.optional().meta({ description: 'Not included. Default: now.' }),
      channelId: z.string().max(100).optional(),
      conversationId: z.string().max(100).optional(),
    }),
    response: z.object({
      from: time,
      to: time,
      messages: z.int(),
      billed: z.int().meta({ description: 'Of these, those that cost.' }),
      items: z.array(
        z.object({ channelId: z.string(), ...ChargeSchema.shape, messages: z.int() }).meta({ id: 'Cost' }),
      ),
    }),
    async handle(ctx, { query }) {
      const to = query.to === undefined ? new Date(ctx.clock.now()) : new Date(query.to);
      const from =
        query.from === undefined ? new Date(to.getTime() - DEFAULT_RANGE_MS) : new Date(query.from);
      const range = to.getTime() - from.getTime();
      if (range < 0 || range > LONGEST_RANGE_MS) {
        throw new Reject(422, 'invalid-request', '`from` must lie before `to`, at most 400 days.');
      }
      const { channelId, conversationId } = query;
      if (conversationId !== undefined) await conversationById(ctx, conversationId);
      if (channelId !== undefined && !(await ctx.store.model(Channels).exists({ _id: channelId }).exec())) {
        throw notFound('channel');
      }
      const items = await costsOf(ctx, { from, to, channelId, conversationId });
      const count = (some: typeof items) => some.reduce((sum, { messages }) => sum + messages, 0);
      return {
        from: from.toISOString(),
        to: to.toISOString(),
        messages: count(items),
        billed: count(items.filter(({ billed }) => billed === true)),
        items,
      };
    },
  }),
];
