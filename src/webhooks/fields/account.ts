/**
 * What WhatsApp says of a whole account (Cloud API: webhooks, account fields): kept with each of its numbers, told as
 * a notice, and where the account may not send, its numbers pause until it may again.
 */
import type { Context } from '../../context.ts';
import type { Severity } from '../../notices/model.ts';
import { raiseNotice, wasRaised } from '../../notices/notices.ts';
import { RESTRICTED } from '../../outbox/allowed.ts';
import { wakeChannel } from '../../outbox/resume.ts';
import { noteHealth } from '../../tenants/channel-health.ts';
import { type ChannelRow, Channels } from '../../tenants/model.ts';
import { entryOf, id, isJson, type Json, list, part, text, timeOf } from '../../whatsapp/payload/json.ts';
import { type AccountUpdate, noticeOf, onAccount, tell, unreadable } from './field.ts';

/** Pauses that end when WhatsApp says so. */
const DISABLED = 'account-disabled';
/** A restriction without an end holds until WhatsApp lifts it. */
const NO_END = new Date('9999-01-01T00:00:00Z');

type Effect =
  | { kind: 'none' }
  | { kind: 'resume' }
  | { kind: 'pause'; reason: string; until?: Date }
  | { kind: 'hold-templates'; until: Date };

interface Meaning {
  severity: Severity;
  text: string;
  effect?: Effect['kind'];
}

const EVENTS: Record<string, Meaning> = {
  ACCOUNT_DELETED: { severity: 'critical', text: 'WhatsApp deleted the account.', effect: 'pause' },
  ACCOUNT_OFFBOARDED: {
    severity: 'critical',
    text: 'The number was disconnected on the business’s phone.',
    effect: 'pause',
  },
  ACCOUNT_RECONNECTED: {
    severity: 'info',
    text: 'The number was connected again on the business’s phone.',
    effect: 'resume',
  },
  ACCOUNT_VIOLATION: { severity: 'critical', text: 'WhatsApp says that the account broke its rules.' },
  PARTNER_REMOVED: {
    severity: 'critical',
    text: 'The business took our access to the account away.',
    effect: 'pause',
  },
  PARTNER_APP_UNINSTALLED: {
    severity: 'critical',
    text: 'The business removed the app from the account.',
    effect: 'pause',
  },
  PARTNER_ADDED: { severity: 'info', text: 'The account was shared with us.' },
  PARTNER_APP_INSTALLED: { severity: 'info', text: 'The app was added to the account.' },
  VERIFIED_ACCOUNT: { severity: 'info', text: 'WhatsApp verified the account.' },
};

async function accountUpdate(ctx: Context, update: AccountUpdate): Promise<boolean> {
  const event = text(update.value.event);
  if (event === undefined) throw unreadable('an account update without an event');
  const { severity, text: words, effect } = meaningOf(event, update.value);
  const notice = noticeOf(update, { event, severity, text: words });
  if (await wasRaised(ctx, notice)) return true;
  for (const channel of await channelsOf(ctx, update)) {
    const { tenantId, at } = update;
    const last = channel.health?.accountStatus;
    // What was said later stands.
    if (!last || last.at <= at) await applyEffect(ctx, channel, effect);
    const said = effect.kind === 'none' ? {} : { restriction: restrictionOf(effect) };
    await noteHealth(ctx, { tenantId, channelId: channel._id }, { accountStatus: event, ...said }, at);
  }
  await raiseNotice(ctx, notice);
  return true;
}

function meaningOf(event: string, value: Json): { severity: Severity; text: string; effect: Effect } {
  if (event === 'DISABLED_UPDATE') return disabled(text(part(value, 'ban_info').waba_ban_state));
  if (event === 'ACCOUNT_RESTRICTION') return restricted(value);
  const known = entryOf(EVENTS, event);
  if (!known) return { severity: 'info', text: `WhatsApp reports: ${event}.`, effect: { kind: 'none' } };
  const effect: Effect =
    known.effect === 'pause'
      ? { kind: 'pause', reason: DISABLED }
      : ({ kind: known.effect ?? 'none' } as Effect);
  return { severity: known.severity, text: known.text, effect };
}

function disabled(state: string | undefined): ReturnType<typeof meaningOf> {
  if (state === 'REINSTATE') {
    return { severity: 'info', text: 'WhatsApp gave the account back.', effect: { kind: 'resume' } };
  }
  if (state === 'SCHEDULE_FOR_DISABLE') {
    const text = 'WhatsApp is going to disable the account: see to it in the business manager.';
    return { severity: 'critical', text, effect: { kind: 'none' } };
  }
  const effect: Effect = { kind: 'pause', reason: DISABLED };
  return { severity: 'critical', text: 'WhatsApp disabled the account: nothing can be sent.', effect };
}

/** Beginning conversations may be forbidden alone; whoever may not answer clients may send nothing. */
function restricted(value: Json): ReturnType<typeof meaningOf> {
  const now = list(value.restriction_info).filter(isJson);
  const ends = (match: (type: string) => boolean) => {
    const found = now.filter(({ restriction_type: type }) => match(text(type) ?? ''));
    const times = found.map(({ expiration }) => timeOf(expiration) ?? NO_END);
    return times.length === 0 ? undefined : new Date(Math.max(...times.map(Number)));
  };
  const begins = ends((type) => type.includes('BIZ_INITIATED'));
  const all = ends((type) => type.includes('MESSAGING') && !type.includes('BIZ_INITIATED'));
  const severity = 'critical';
  if (all) {
    const effect: Effect = { kind: 'pause', reason: RESTRICTED, until: all };
    return { severity, text: 'WhatsApp restricted the account: nothing can be sent.', effect };
  }
  if (begins) {
    const words = 'WhatsApp restricted the account: it may answer clients, but templates can’t be sent.';
    return { severity, text: words, effect: { kind: 'hold-templates', until: begins } };
  }
  return { severity: 'warning', text: 'WhatsApp restricted the account.', effect: { kind: 'none' } };
}

function restrictionOf(effect: Effect): string {
  if (effect.kind === 'resume' || effect.kind === 'none') return 'none';
  const until = 'until' in effect && effect.until && effect.until < NO_END ? effect.until : undefined;
  const what = effect.kind === 'pause' ? 'all messages' : 'templates';
  return until ? `${what} until ${until.toISOString()}` : what;
}

async function applyEffect(ctx: Context, { _id, tenantId }: ChannelRow, effect: Effect): Promise<void> {
  const channels = ctx.store.model(Channels);
  if (effect.kind === 'hold-templates') {
    await channels.updateOne({ _id }, { $set: { templatesHeldUntil: effect.until } }).exec();
  } else if (effect.kind === 'pause') {
    const { reason: pausedReason, until } = effect;
    const $set = { status: 'paused' as const, pausedReason, ...(until ? { pausedUntil: until } : {}) };
    const { modifiedCount } = await channels.updateOne({ _id, status: 'active' }, { $set }).exec();
    if (modifiedCount > 0) {
      ctx.log.error({ tenantId, channelId: _id, reason: pausedReason }, 'alert.channel-paused');
    }
  } else if (effect.kind === 'resume') {
    await channels.updateOne({ _id }, { $unset: { templatesHeldUntil: 1 } }).exec();
    const { modifiedCount } = await channels
      .updateOne(
        { _id, status: 'paused', pausedReason: { $in: [DISABLED, RESTRICTED] } },
        { $set: { status: 'active' }, $unset: { pausedReason: 1, pausedUntil: 1 } },
      )
      .exec();
    if (modifiedCount > 0) await wakeChannel(ctx, tenantId, _id);
  }
}

/** This tenant's channels on the account. */
export async function channelsOf(
  ctx: Context,
  { tenantId, routes }: Pick<AccountUpdate, 'tenantId' | 'routes'>,
): Promise<ChannelRow[]> {
  const rows = await Promise.all(
    routes.map(({ channelId }) => ctx.store.batches.find(Channels, tenantId, channelId)),
  );
  return rows.filter((row) => row !== null);
}

async function noteAll(
  ctx: Context,
  update: AccountUpdate,
  values: Parameters<typeof noteHealth>[2],
): Promise<void> {
  for (const { channelId } of update.routes) {
    await noteHealth(ctx, { tenantId: update.tenantId, channelId }, values, update.at);
  }
}

const SEVERITIES: Record<string, Severity> = { CRITICAL: 'critical', WARNING: 'warning' };

/** An alert about one number is that number's owner's alone. */
async function accountAlerts(ctx: Context, update: AccountUpdate): Promise<boolean> {
  const info = part(update.value, 'alert_info');
  const event = text(info.alert_type);
  if (event === undefined) throw unreadable('an alert without a type');
  const isOfNumber = update.value.entity_type === 'PHONE_NUMBER';
  const number = isOfNumber ? id(update.value.entity_id) : undefined;
  const route = update.routes.find(({ _id }) => _id === number);
  if (number !== undefined && !route) return false;
  await tell(ctx, update, {
    event,
    severity: SEVERITIES[text(info.alert_severity) ?? ''] ?? 'info',
    text: text(info.alert_description) ?? `WhatsApp warns: ${event}.`,
    ...(route ? { channelId: route.channelId } : {}),
  });
  return true;
}

async function accountReview(ctx: Context, update: AccountUpdate): Promise<boolean> {
  const decision = text(update.value.decision);
  if (decision === undefined) throw unreadable('a review without a decision');
  await noteAll(ctx, update, { accountReview: decision });
  const severity = decision === 'REJECTED' ? 'critical' : 'info';
  await tell(ctx, update, {
    event: decision,
    severity,
    text: `WhatsApp’s review of the account: ${decision}.`,
  });
  return true;
}

/** The limit comes as text or number; -1 is none. */
async function capability(ctx: Context, update: AccountUpdate): Promise<boolean> {
  const {
    max_daily_conversations_per_business: daily,
    max_daily_conversation_per_phone: perPhone,
    max_phone_numbers_per_business: numbers,
    max_phone_numbers_per_waba: perAccount,
  } = update.value;
  const messagingLimit = limitOf(daily) ?? limitOf(perPhone);
  const maxNumbers = limitOf(numbers) ?? limitOf(perAccount);
  if (messagingLimit === undefined && maxNumbers === undefined) throw unreadable('limits without a limit');
  await noteAll(ctx, update, { messagingLimit, maxNumbers });
  const words = `WhatsApp changed the limits of the account: ${messagingLimit ?? maxNumbers ?? ''}.`;
  await tell(ctx, update, { event: 'LIMITS', severity: 'info', text: words });
  return true;
}

export function limitOf(value: unknown): string | undefined {
  return value === -1 || value === '-1' ? 'UNLIMITED' : id(value);
}

async function businessStatus(ctx: Context, update: AccountUpdate): Promise<boolean> {
  const event = text(update.value.event) ?? text(update.value.business_status) ?? text(update.value.status);
  if (event === undefined) throw unreadable('a status of the business without a word');
  await noteAll(ctx, update, { businessStatus: event });
  await tell(ctx, update, { event, severity: 'info', text: `The business portfolio: ${event}.` });
  return true;
}

async function flows(ctx: Context, update: AccountUpdate): Promise<boolean> {
  const event = text(update.value.event);
  if (event === undefined) throw unreadable('a flow’s event without a word');
  const severity = event === 'FLOW_STATUS_CHANGE' ? 'info' : 'warning';
  const words = text(update.value.message) ?? `A flow: ${event}.`;
  await tell(ctx, update, { event, severity, text: words });
  return true;
}

async function payments(ctx: Context, update: AccountUpdate): Promise<boolean> {
  const status = text(update.value.status);
  if (status === undefined) throw unreadable('a payment configuration without a status');
  await tell(ctx, update, {
    event: status,
    severity: 'info',
    text: `A way of paying is now: ${status}.`,
  });
  return true;
}

/** Conversions and clicks: kept for those who count them, without telling anybody. */
const statistics = (name: string, text: string) =>
  onAccount(async (ctx, update) => {
    if (list(update.value[name]).length === 0) throw unreadable(`no ${name}`);
    await tell(ctx, update, { event: name, severity: 'info', text, quiet: true });
    return true;
  });

export const accountFields = {
  account_update: onAccount(accountUpdate),
  account_alerts: onAccount(accountAlerts),
  account_review_update: onAccount(accountReview),
  business_capability_update: onAccount(capability),
  business_status_update: onAccount(businessStatus),
  flows: onAccount(flows),
  payment_configuration_update: onAccount(payments),
  automatic_events: statistics('automatic_events', 'What clients did after an ad.'),
  tracking_events: statistics('events', 'What clients did with marketing messages.'),
};
