/** REST: what happened to a business's accounts and numbers. */
import { z } from 'zod';

import { feedCursor } from '../agents/feed.ts';
import { listRoute, type Route } from '../http/route.ts';
import { NoticeSchema } from '../http/schemas.ts';
import { type NoticeRow, Notices } from './model.ts';
import { noticeViews } from './views.ts';

export const noticeRoutes: Route[] = [
  listRoute({
    path: '/v1/notices',
    summary: 'List what happened to accounts and numbers, newest first',
    scope: 'channels:read',
    filters: { channelId: z.string().max(100).optional() },
    item: NoticeSchema,
    feed: true,
    async read(ctx, { tenantId, query: { channelId } }, { limit, after }) {
      const cursor = await feedCursor(ctx, tenantId);
      const older = after && {
        $or: [
          { createdAt: { $lt: new Date(after.at) } },
          { createdAt: new Date(after.at), _id: { $lt: after.id } },
        ],
      };
      const rows = await ctx.store
        .model(Notices)
        .find({ ...(channelId === undefined ? {} : { channelId }), ...older })
        .sort({ createdAt: -1, _id: -1 })
        .limit(limit + 1)
        .lean<NoticeRow[]>()
        .exec();
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      const next = rows.length > limit && last ? { at: last.createdAt.getTime(), id: last._id } : null;
      return { items: await noticeViews(ctx, items), next, feedCursor: cursor };
    },
  }),
];
