/**
 * Which earlier message a reaction, an edit or a revoke changes. The row of the later one holds the earlier one's
 * `wamidKey`, so that neither need come first; what is shown of the earlier one is made when it is read.
 */
import type { Context } from '../context.ts';
import type { Json } from '../whatsapp/payload/json.ts';
import { readContent } from '../whatsapp/payload/message.ts';
import { wamidKey } from './ids.ts';
import { type MessageRow, Messages, SentWamids } from './model.ts';
import { tellStatus } from './statuses.ts';

/** For the row of a message: whom it changes; `{}` for messages that change nothing earlier. */
export async function refersToOf(
  ctx: Context,
  { tenantId, phoneNumberId }: { tenantId: string; phoneNumberId: string },
  { type, content }: { type: string; content: Json },
): Promise<Pick<MessageRow, 'refersTo'>> {
  const { refersTo } = readContent(type, content);
  return refersTo === undefined ? {} : { refersTo: await wamidKey(ctx, tenantId, phoneNumberId, refersTo) };
}

/** The message with this `wamidKey`, theirs or ours; null when we don't have it. */
export async function messageByKey(ctx: Context, tenantId: string, key: string): Promise<MessageRow | null> {
  const { batches } = ctx.store;
  const [received, sent] = await Promise.all([
    batches.find(Messages, tenantId, `msg_${key}`),
    batches.find(SentWamids, tenantId, key),
  ]);
  return received ?? (sent && (await batches.find(Messages, tenantId, sent.messageId)));
}

/** Tells consoles that the earlier message looks different now. */
export async function tellEarlier(ctx: Context, { tenantId, refersTo }: MessageRow): Promise<void> {
  if (refersTo === undefined) return;
  const earlier = await messageByKey(ctx, tenantId, refersTo);
  if (earlier) await tellStatus(ctx, earlier);
}
