/**
 * The customer service window (Cloud API: sending messages): free text may be sent within 24 hours of the client's
 * last message, by the client's own time. Later only templates; the Graph API answers 131047.
 */

/** 24 h. */
export const WINDOW_MS = 24 * 3_600_000;

/** When the window closes; undefined when the client has never written. */
export function windowExpiresAt(lastInboundAt: Date | undefined): Date | undefined {
  return lastInboundAt && new Date(lastInboundAt.getTime() + WINDOW_MS);
}

/** True while free text may be sent. @param now milliseconds since 1970 */
export function isWindowOpen(lastInboundAt: Date | undefined, now: number): boolean {
  const expiresAt = windowExpiresAt(lastInboundAt);
  return expiresAt !== undefined && now < expiresAt.getTime();
}
