/** Calls and groups: rows and lines of conversations (Cloud API: webhooks, calls, groups). */
import type { Context } from '../../context.ts';
import { recordCall } from '../../conversations/calls.ts';
import { applyGroupUpdate } from '../../conversations/groups.ts';
import { isJson, type Json, list, text, timeOf } from '../../whatsapp/payload/json.ts';
import { identityOf, recipientOf, type Sender, senderOf, toOf } from '../../whatsapp/payload/people.ts';
import { type NumberUpdate, onNumber, unreadable } from './field.ts';
import { onlyUpdate } from './people.ts';

async function calls(ctx: Context, given: NumberUpdate): Promise<void> {
  const { name, update: call, contacts } = onlyUpdate(given);
  // Says nothing of how a call went: it is in WhatsApp's own store.
  if (call.event === 'call_recording_available') return;
  const client =
    name === 'statuses'
      ? recipientOf(call)
      : call.direction === 'BUSINESS_INITIATED'
        ? toOf(call)
        : senderOf(call);
  const { tenantId, channelId, phoneNumberId, position } = given;
  await recordCall(ctx, { tenantId, channelId, phoneNumberId, position, client, contacts, call });
}

async function groups(ctx: Context, given: NumberUpdate): Promise<void> {
  const { update } = onlyUpdate(given);
  const groupId = text(update.group_id);
  const type = text(update.type);
  if (type === undefined) throw unreadable('an update of a group without a type');
  // A group that could not be made has no id: whoever asked for it has the request's.
  if (groupId === undefined) throw unreadable('an update of a group without its id');
  const { tenantId, channelId, position, unique, at } = given;
  const isRemoval = type === 'group_participants_remove';
  await applyGroupUpdate(ctx, {
    tenantId,
    channelId,
    groupId,
    type,
    at: timeOf(update.timestamp) ?? at,
    position,
    unique,
    update,
    added: people(update.added_participants, isRemoval ? [] : update.participants),
    removed: people(update.removed_participants, isRemoval ? update.participants : []),
  });
}

/** Those who could not be added or removed are named apart. */
function people(...lists: unknown[]): Sender[] {
  return lists.flatMap(list).filter(isJson).map(memberOf);
}

function memberOf({ user_id: userId, parent_user_id: parentId, wa_id: phone, input }: Json): Sender {
  return identityOf(userId, parentId, text(phone) ?? input);
}

export const threadFields = {
  calls: onNumber(calls),
  group_lifecycle_update: onNumber(groups),
  group_participants_update: onNumber(groups),
  group_settings_update: onNumber(groups),
  group_status_update: onNumber(groups),
};
