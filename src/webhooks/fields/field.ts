/** What a handler of a webhook field gets, and what all of them share. */
import type { Context } from '../../context.ts';
import type { Severity } from '../../notices/model.ts';
import { type NewNotice, raiseNotice } from '../../notices/notices.ts';
import { Park } from '../../ops/errors.ts';
import type { RouteRow } from '../../tenants/model.ts';
import type { Json } from '../../whatsapp/payload/json.ts';

export interface FieldUpdate {
  tenantId: string;
  field: string;
  wabaId: string;
  value: Json;
  /** WhatsApp's time of the notification; of receipt where it told none. */
  at: Date;
  /** Microseconds since 1970 of receipt. */
  position: number;
  /** The same for a repeat of the same update, and for nothing else. */
  unique: string;
}

/** An update about one number. */
export interface NumberUpdate extends FieldUpdate {
  channelId: string;
  phoneNumberId: string;
}

/** An update about an account; `routes` are this tenant's numbers on it, signed for by the same app. */
export interface AccountUpdate extends FieldUpdate {
  routes: RouteRow[];
}

/** @throws Park for what can't be read. Each may run again: a repeat changes nothing. */
export type Handler =
  | { of: 'number'; handle(ctx: Context, update: NumberUpdate): Promise<void> }
  /** False: nothing of it is this tenant's. */
  | { of: 'account'; handle(ctx: Context, update: AccountUpdate): Promise<boolean> }
  /** Of nobody's account: noted for the operator. */
  | { of: 'operator'; handle(ctx: Context, value: Json): void };

export const onNumber = (handle: (ctx: Context, update: NumberUpdate) => Promise<void>): Handler => ({
  of: 'number',
  handle,
});

export const onAccount = (handle: (ctx: Context, update: AccountUpdate) => Promise<boolean>): Handler => ({
  of: 'account',
  handle,
});

/** The update has not the form that its documentation says: kept for a person. */
export function unreadable(what: string): Park {
  return new Park('unknown-field', `This notification can’t be read: ${what}.`);
}

interface Told {
  event: string;
  severity: Severity;
  text: string;
  channelId?: string;
  /** Kept without telling consoles. */
  quiet?: boolean;
}

/** The notice that an update makes. */
export function noticeOf(
  { tenantId, field, wabaId, value, at, unique }: FieldUpdate,
  { channelId, ...told }: Told,
): NewNotice {
  return {
    tenantId,
    kind: field,
    wabaId,
    at,
    details: value,
    unique: [unique, channelId ?? ''],
    channelId,
    ...told,
  };
}

export async function tell(ctx: Context, update: FieldUpdate, told: Told): Promise<void> {
  await raiseNotice(ctx, noticeOf(update, told));
}
