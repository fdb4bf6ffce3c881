/**
 * Conversations from before the number was connected (Cloud API: history of coexistence numbers). They come in chunks
 * of any order and are stored quietly: at their own times, waking neither bots nor endpoints, opening no window, in
 * conversations that count as done. Files come in a second notification under the wamid of their placeholder.
 */
import { publish } from '../../agents/feed.ts';
import type { Context } from '../../context.ts';
import { conversationOfClient, storeElsewhere } from '../../conversations/elsewhere.ts';
import type { MessageStatus } from '../../conversations/model.ts';
import { noteHealth } from '../../tenants/channel-health.ts';
import { Channels } from '../../tenants/model.ts';
import { isJson, type Json, list, part, text, timeOf } from '../../whatsapp/payload/json.ts';
import { errorsOf } from '../../whatsapp/payload/message.ts';
import { identityOf, type Sender, senderOf, toOf } from '../../whatsapp/payload/people.ts';
import { type NumberUpdate, onNumber, tell, unreadable } from './field.ts';
import { onlyUpdate } from './people.ts';

/** The business did not want to share its history. */
const DECLINED = 2593109;

async function history(ctx: Context, given: NumberUpdate): Promise<void> {
  const { name, update, contacts } = onlyUpdate(given);
  if (name !== 'history') {
    const client = name === 'message_echoes' ? toOf(update) : clientOf(given, update);
    await importMessages(ctx, given, { client, contacts, messages: [update] });
    return;
  }
  const [error] = errorsOf(update);
  if (error) {
    const isDeclined = error.code === DECLINED;
    await noteHealth(ctx, given, { historyImport: isDeclined ? 'declined' : 'failed' }, given.at);
    await tell(ctx, given, {
      event: isDeclined ? 'HISTORY_DECLINED' : 'HISTORY_FAILED',
      severity: 'warning',
      text: isDeclined
        ? 'The business did not share its earlier conversations: they can’t be shown here.'
        : `Earlier conversations could not be had: ${error.detail || error.title}`,
      channelId: given.channelId,
    });
    return;
  }
  const threads = list(update.threads).filter(isJson);
  if (threads.length === 0 && !isJson(update.metadata)) throw unreadable('history without threads');
  for (const thread of threads) await importThread(ctx, given, thread);
  await noteProgress(ctx, given, part(update, 'metadata'));
}

async function importThread(ctx: Context, given: NumberUpdate, thread: Json): Promise<void> {
  const context = part(thread, 'context');
  const client = identityOf(context.user_id, context.parent_user_id, text(context.wa_id) ?? thread.id);
  const profile = { username: context.username };
  const contacts = [{ user_id: client.bsuid, wa_id: client.phone, profile }];
  await importMessages(ctx, given, { client, contacts, messages: list(thread.messages).filter(isJson) });
}

async function importMessages(
  ctx: Context,
  given: NumberUpdate,
  { client, contacts, messages }: { client: Sender; contacts: unknown; messages: Json[] },
): Promise<void> {
  const conversation = await conversationOfClient(ctx, given, { client, contacts, state: 'RESOLVED' });
  const { tenantId, channelId, phoneNumberId } = given;
  const to = { tenantId, channelId, phoneNumberId };
  let isNews = false;
  for (const [place, message] of messages.entries()) {
    const timestamp = timeOf(message.timestamp);
    if (timestamp === undefined) throw unreadable('a message without a time');
    const stored = await storeElsewhere(
      ctx,
      {
        ...to,
        via: 'history',
        direction: isOutgoing(given, message) ? 'out' : 'in',
        client,
        message,
        contacts,
        // Its own second; in it, the order in which it came.
        position: timestamp.getTime() * 1000 + place,
        timestamp,
        status: statusOf(message),
      },
      conversation,
    );
    isNews ||= stored?.isNew === true;
  }
  if (!isNews) return;
  await publish(ctx, tenantId, { type: 'conversation.updated', conversationId: conversation._id });
}

function isOutgoing({ value }: NumberUpdate, message: Json): boolean {
  if (Object.keys(toOf(message)).length > 0 || list(value.message_echoes).includes(message)) return true;
  const ours = text(part(value, 'metadata').display_phone_number)?.replace(/\D/g, '');
  return ours !== undefined && senderOf(message).phone === ours;
}

/** Of a file that comes after its placeholder: sent by the client, or to them. */
function clientOf(given: NumberUpdate, message: Json): Sender {
  return isOutgoing(given, message) ? toOf(message) : senderOf(message);
}

const STATUSES: Record<string, MessageStatus> = {
  SENT: 'sent',
  DELIVERED: 'delivered',
  READ: 'read',
  PLAYED: 'played',
  ERROR: 'failed',
};

function statusOf(message: Json): MessageStatus {
  return STATUSES[text(part(message, 'history_context').status)?.toUpperCase() ?? ''] ?? 'sent';
}

/** Chunks come in any order, so only more counts. Three phases: the last day, 90 days, 180 days. */
async function noteProgress(ctx: Context, given: NumberUpdate, { progress }: Json): Promise<void> {
  if (typeof progress !== 'number' || progress < 0 || progress > 100) return;
  const { tenantId, channelId, at } = given;
  const channel = await ctx.store.batches.find(Channels, tenantId, channelId);
  const before = channel?.health?.historyImport?.value;
  if (before === 'done' || Number.parseInt(before ?? '', 10) >= progress) return;
  await noteHealth(ctx, given, { historyImport: progress === 100 ? 'done' : `${progress} %` }, at);
}

export const historyFields = { history: onNumber(history) };
