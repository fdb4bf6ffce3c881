/** Notices as their tenant sees them. */
import type { Context } from '../context.ts';
import type { NoticeView } from '../http/schemas.ts';
import type { Json } from '../whatsapp/payload/json.ts';
import type { NoticeRow } from './model.ts';

/** In the given order; runs in the tenant's scope. */
export async function noticeViews(ctx: Context, rows: NoticeRow[]): Promise<NoticeView[]> {
  return Promise.all(
    rows.map(async ({ _id: id, tenantId, kind, event, severity, channelId, wabaId, at, createdAt, said }) => {
      const place = { tenantId, collection: 'notices', id, field: 'said' };
      const { text, details } = await ctx.store.keyring.open<{ text: string; details: Json }>(place, said);
      return {
        id,
        kind,
        event,
        severity,
        channelId: channelId ?? null,
        wabaId: wabaId ?? null,
        at: at.toISOString(),
        createdAt: createdAt.toISOString(),
        text,
        details,
      };
    }),
  );
}
