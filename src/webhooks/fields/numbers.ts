/**
 * What WhatsApp says of one number (Cloud API: webhooks, phone number fields). Some name it by its id, some only as it
 * is displayed: then it is the number of the account that shows the same digits, and nobody else's.
 */
import type { Context } from '../../context.ts';
import type { Severity } from '../../notices/model.ts';
import { type HealthValues, noteHealth } from '../../tenants/channel-health.ts';
import type { ChannelRow } from '../../tenants/model.ts';
import { entryOf, isJson, type Json, list, part, text } from '../../whatsapp/payload/json.ts';
import { errorsOf } from '../../whatsapp/payload/message.ts';
import { channelsOf, limitOf } from './account.ts';
import { type AccountUpdate, type NumberUpdate, onAccount, onNumber, tell, unreadable } from './field.ts';

interface Told {
  event: string;
  severity: Severity;
  text: string;
  health: HealthValues;
}

/** A handler of a field that names its number as it is displayed. @param read undefined: it can't be read */
const onDisplayed = (read: (value: Json) => Told | undefined) =>
  onAccount(async (ctx, update) => {
    const told = read(update.value);
    if (!told) throw unreadable('a word is missing');
    const channel = await displayed(ctx, update);
    if (!channel) return false;
    const { health, ...notice } = told;
    await noteHealth(ctx, { tenantId: update.tenantId, channelId: channel._id }, health, update.at);
    await tell(ctx, update, { ...notice, channelId: channel._id });
    return true;
  });

async function displayed(ctx: Context, update: AccountUpdate): Promise<ChannelRow | undefined> {
  const digits = (text(update.value.display_phone_number) ?? '').replace(/\D/g, '');
  const channels = await channelsOf(ctx, update);
  return channels.find(({ displayNumber }) => displayNumber.replace(/\D/g, '') === digits);
}

function quality(value: Json): Told | undefined {
  const event = text(value.event);
  const messagingLimit = limitOf(value.max_daily_conversations_per_business) ?? limitOf(value.current_limit);
  if (event === undefined) return undefined;
  return {
    event,
    severity: ['FLAGGED', 'DOWNGRADE'].includes(event) ? 'warning' : 'info',
    text: entryOf(QUALITY_WORDS, event) ?? `The number: ${event}.`,
    health: {
      messagingLimit,
      throughput: event === 'THROUGHPUT_UPGRADE' ? 'HIGH' : undefined,
      quality: event === 'FLAGGED' ? 'RED' : undefined,
    },
  };
}

const QUALITY_WORDS: Record<string, string> = {
  THROUGHPUT_UPGRADE: 'The number may send 1,000 messages a second now.',
  FLAGGED: 'Clients complain about messages of this number: its quality is low.',
  UNFLAGGED: 'The number’s quality has recovered.',
  DOWNGRADE: 'The number’s limit was lowered.',
  UPGRADE: 'The number’s limit was raised.',
  ONBOARDING: 'The number is being set up.',
};

function name(value: Json): Told | undefined {
  const decision = text(value.decision);
  if (decision === undefined) return undefined;
  const isApproved = decision === 'APPROVED';
  const reason = text(value.rejection_reason);
  return {
    event: decision,
    severity: decision === 'REJECTED' || decision === 'DECLINED' ? 'warning' : 'info',
    text: `The display name was reviewed: ${decision}${reason && reason !== 'NONE' ? ` (${reason})` : ''}.`,
    health: {
      nameStatus: decision,
      verifiedName: isApproved ? text(value.requested_verified_name) : undefined,
    },
  };
}

/** The draft of the documentation had `decision` and `requested_username`. */
function username(value: Json): Told | undefined {
  const status = text(value.status) ?? text(value.decision);
  if (status === undefined) return undefined;
  const named = text(value.username) ?? text(value.requested_username);
  return {
    event: status,
    severity: 'info',
    text: `The username of the business: ${status}.`,
    health: { username: named === undefined ? status : `${status} ${named.replace(/^@/, '')}` },
  };
}

function security(value: Json): Told | undefined {
  const event = text(value.event);
  if (event === undefined) return undefined;
  return {
    event,
    severity: 'critical',
    text: entryOf(SECURITY_WORDS, event) ?? `Security: ${event}.`,
    health: {},
  };
}

const SECURITY_WORDS: Record<string, string> = {
  PIN_CHANGED: 'The PIN of the number was changed. If nobody of yours did that, see to it at once.',
  PIN_RESET_REQUEST: 'Somebody asks to reset the PIN of the number.',
  PIN_REQUEST_SUCCESS: 'The PIN of the number was reset.',
};

async function settings(ctx: Context, update: NumberUpdate): Promise<void> {
  const said = part(update.value, 'phone_number_settings');
  const calling = text(part(said, 'calling').status);
  await noteHealth(ctx, update, { calling }, update.at);
  await tell(ctx, update, {
    event: text(update.value.type) ?? 'settings',
    severity: 'info',
    text: 'Settings of the number were changed.',
    channelId: update.channelId,
  });
}

/** 131035: messages of a client were lost, since the number keeps none at WhatsApp. */
const DATA_LOST = 131035;

/** Errors that concern no message of ours and none of a client's. */
export async function tellErrors(ctx: Context, update: NumberUpdate): Promise<void> {
  const errors = errorsOf(update.value);
  if (errors.length === 0 || !list(update.value.errors).every(isJson)) {
    throw unreadable('errors without a form');
  }
  const isLoss = errors.some(({ code }) => code === DATA_LOST);
  await tell(ctx, update, {
    event: String(errors[0]?.code ?? 'unknown'),
    severity: isLoss ? 'critical' : 'warning',
    text: errors.map(({ detail, title }) => detail || title).join('; ') || 'WhatsApp reports an error.',
    channelId: update.channelId,
  });
}

export const numberFields = {
  phone_number_quality_update: onDisplayed(quality),
  phone_number_name_update: onDisplayed(name),
  business_username_updates: onDisplayed(username),
  phone_number_username_update: onDisplayed(username),
  security: onDisplayed(security),
  account_settings_update: onNumber(settings),
};
