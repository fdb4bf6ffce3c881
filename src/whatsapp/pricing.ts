/**
 * WhatsApp's price of a message, read by the rules of its day (Cloud API: status webhooks, pricing). The same words
 * changed their meaning: until September 2026 `free_customer_service` said "free, because the window was open"; since
 * 1 October 2026 it says "a service message inside the month's free tier", and `regular` covers also utility messages
 * in the window and service messages beyond that tier. `billable` is to be removed and is only asked where the type
 * says nothing. Until June 2025 conversations were priced, not messages (`CBP`).
 */
import { isJson, type Json, text } from './payload/json.ts';

/** WhatsApp names no zone for the change; a message of that night may be read by the other day's rules. */
const FREE_TIER_FROM = Date.UTC(2026, 9, 1);

type ChargeReason = 'charged' | 'service-window' | 'free-tier' | 'entry-point' | 'conversation' | 'unknown';

export interface Charge {
  /** Null: WhatsApp's words are not known here. */
  billed: boolean | null;
  reason: ChargeReason;
  category: string;
}

/** Reads the `pricing` of a status. @param at WhatsApp's time of the status @returns undefined when it has none */
export function chargeOf(pricing: unknown, at: Date): Charge | undefined {
  if (!isJson(pricing)) return undefined;
  // Both spellings of `authentication-international` are seen.
  const category = (text(pricing.category) ?? 'unknown').replaceAll('_international', '-international');
  return { ...readType(pricing, at), category };
}

function readType(pricing: Json, at: Date): Omit<Charge, 'category'> {
  const billable = typeof pricing.billable === 'boolean' ? pricing.billable : null;
  if (pricing.pricing_model === 'CBP') return { billed: billable, reason: 'conversation' };
  switch (text(pricing.type)) {
    case 'regular':
      return { billed: true, reason: 'charged' };
    case 'free_customer_service':
    case 'free_group_customer_service':
      return { billed: false, reason: at.getTime() < FREE_TIER_FROM ? 'service-window' : 'free-tier' };
    case 'free_entry_point':
      return { billed: false, reason: 'entry-point' };
    default:
      return { billed: billable, reason: billable === true ? 'charged' : 'unknown' };
  }
}
