/**
 * What was said without us (Cloud API: coexistence echoes, history, standby): by a person on the business's phone, by
 * another app, before the number was connected here, or while another handler holds the thread.
 */
import type { Context } from '../../context.ts';
import { noteControl, noteHandover } from '../../conversations/control.ts';
import {
  conversationOfClient,
  noteHeard,
  noteHuman,
  storeElsewhere,
  tellStored,
} from '../../conversations/elsewhere.ts';
import type { Via } from '../../conversations/model.ts';
import { recordStatus } from '../../conversations/statuses.ts';
import { isJson, type Json, part, text, timeOf } from '../../whatsapp/payload/json.ts';
import { identityOf, senderOf, toOf } from '../../whatsapp/payload/people.ts';
import { type NumberUpdate, onNumber, unreadable } from './field.ts';
import { onlyUpdate } from './people.ts';

/** When it was received. */
export const receivedAt = ({ position }: NumberUpdate) => new Date(Math.floor(position / 1000));

/** A message that went out without us; whoever typed it is a person, so bots keep silent. */
async function echo(ctx: Context, given: NumberUpdate): Promise<void> {
  const { update: message, contacts } = onlyUpdate(given);
  await storeEcho(ctx, given, {
    message,
    contacts,
    via: given.field === 'message_echoes' ? 'other-app' : 'phone',
  });
}

async function storeEcho(
  ctx: Context,
  given: NumberUpdate,
  { message, contacts, via }: { message: Json; contacts: unknown; via: Via },
): Promise<void> {
  const client = toOf(message);
  const timestamp = timeOf(message.timestamp) ?? receivedAt(given);
  const conversation = await conversationOfClient(ctx, given, { client, contacts });
  const { tenantId, channelId, phoneNumberId, position } = given;
  const to = { tenantId, channelId, phoneNumberId, position };
  const said = { ...to, via, direction: 'out' as const, client, message, contacts, timestamp };
  const stored = await storeElsewhere(ctx, said, conversation);
  if (!stored) return; // sent by us
  if (via === 'phone' || given.field !== 'standby') await noteHuman(ctx, stored);
  await tellStored(ctx, stored);
}

/** While another handler holds the thread, all of it comes here and nothing as usual. */
async function standby(ctx: Context, given: NumberUpdate): Promise<void> {
  const { name, update, contacts } = onlyUpdate(given);
  const { tenantId, channelId, phoneNumberId, position } = given;
  const to = { tenantId, channelId, phoneNumberId };
  if (name === 'statuses') {
    await recordStatus(ctx, { ...to, status: update, contacts, receivedAt: receivedAt(given) });
    return;
  }
  const at = timeOf(update.timestamp) ?? receivedAt(given);
  const client = name === 'messages' ? senderOf(update) : toOf(flatEcho(update));
  const conversation = await conversationOfClient(ctx, given, { client, contacts });
  await noteControl(ctx, conversation, { control: 'other', at });
  if (name === 'message_echoes') {
    await storeEcho(ctx, given, { message: flatEcho(update), contacts, via: 'other-app' });
    return;
  }
  const said = {
    ...to,
    via: 'standby' as const,
    direction: 'in' as const,
    client,
    message: update,
    contacts,
  };
  const stored = await storeElsewhere(ctx, { ...said, position, timestamp: at }, conversation);
  if (!stored) return;
  await noteHeard(ctx, stored);
  await tellStored(ctx, stored);
}

/** An echo in standby holds what was posted to be sent, with `to` or `recipient`. */
function flatEcho(echo: Json): Json {
  const { message } = echo;
  if (!isJson(message)) return echo;
  const { id, timestamp, template } = echo;
  const { recipient, to, ...body } = message;
  return {
    ...(isJson(template) && body.template === undefined ? { template } : {}),
    ...body,
    id,
    timestamp,
    to: to ?? echo.to,
    to_user_id: recipient ?? echo.to_user_id,
  };
}

async function handover(ctx: Context, given: NumberUpdate): Promise<void> {
  const { value } = given;
  const type = text(value.type);
  if (type !== 'control_passed' && type !== 'control_taken') throw unreadable('a handover of no known kind');
  const sender = part(value, 'sender');
  const client = identityOf(sender.user_id, sender.parent_user_id, sender.phone_number ?? sender.wa_id);
  const conversation = await conversationOfClient(ctx, given, { client, contacts: value.contacts });
  const said = part(value, type);
  await noteHandover(ctx, conversation, {
    type,
    from: text(said.previous_owner_role),
    to: text(said.new_owner_role),
    note: text(said.metadata),
    at: timeOf(value.timestamp) ?? given.at,
    position: given.position,
  });
}

export const echoFields = {
  smb_message_echoes: onNumber(echo),
  message_echoes: onNumber(echo),
  standby: onNumber(standby),
  messaging_handovers: onNumber(handover),
};
