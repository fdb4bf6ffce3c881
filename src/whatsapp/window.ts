/**
 * The customer service window (Cloud API: sending messages): free text may be sent within 24 hours of the client's
 * last message or call, by the client's own time. Later only templates; the Graph API answers 131047.
 *
 * The free entry point (Cloud API: pricing) runs apart from it: a client came by an ad or a post, we answered within
 * 24 hours, and for 72 hours from that answer nothing is charged. It never opens the service window.
 */

const HOUR_MS = 3_600_000;

/** 24 h. */
export const WINDOW_MS = 24 * HOUR_MS;
/** 72 h. */
const FREE_ENTRY_MS = 72 * HOUR_MS;

/** What opens the window: when the client last wrote and last called. */
export interface Heard {
  lastInboundAt?: Date | undefined;
  lastCallAt?: Date | undefined;
}

/** When the client last wrote or called; undefined when they never did. */
export function heardAt({ lastInboundAt, lastCallAt }: Heard): Date | undefined {
  if (lastInboundAt === undefined || lastCallAt === undefined) return lastInboundAt ?? lastCallAt;
  return lastCallAt > lastInboundAt ? lastCallAt : lastInboundAt;
}

/** What the window was opened by last. */
export function windowCause(heard: Heard): 'message' | 'call' | null {
  const last = heardAt(heard);
  if (last === undefined) return null;
  return last === heard.lastCallAt && last !== heard.lastInboundAt ? 'call' : 'message';
}

/** When the window closes; undefined when the client has never written or called. @param heard see `heardAt` */
export function windowExpiresAt(heard: Date | undefined): Date | undefined {
  return heard && new Date(heard.getTime() + WINDOW_MS);
}

/** True while free text may be sent. @param now milliseconds since 1970 */
export function isWindowOpen(heard: Date | undefined, now: number): boolean {
  const expiresAt = windowExpiresAt(heard);
  return expiresAt !== undefined && now < expiresAt.getTime();
}

/** What is known of a conversation's entry point. */
export interface Entry {
  entryAt?: Date | undefined;
  freeEntryUntil?: Date | undefined;
}

/**
 * Until when an answer of ours makes all messages free; undefined when it begins nothing: the client came by no ad,
 * more than 24 hours ago, or was answered already.
 */
export function freeEntryFrom({ entryAt, freeEntryUntil }: Entry, answeredAt: Date): Date | undefined {
  if (entryAt === undefined || answeredAt < entryAt) return undefined;
  if (answeredAt.getTime() - entryAt.getTime() >= WINDOW_MS) return undefined;
  if (freeEntryUntil !== undefined && freeEntryUntil > entryAt) return undefined;
  return new Date(answeredAt.getTime() + FREE_ENTRY_MS);
}
