const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** How much of the 24-hour window is left: more than 4 h, less than 4 h, less than 1 h, none. */
export type WindowLevel = 'open' | 'soon' | 'ending' | 'closed';

export interface ServiceWindow {
  level: WindowLevel;
  /** Whole hours and minutes left; zero when closed. The last minute counts as one. */
  hours: number;
  minutes: number;
}

/**
 * The window in which free text may be sent, seen at `now` (server time, ms). The end comes from the
 * server; it is never computed here.
 */
export function serviceWindow(expiresAt: string | null, now: number): ServiceWindow {
  const left = expiresAt === null ? 0 : Date.parse(expiresAt) - now;
  if (!(left > 0)) return { level: 'closed', hours: 0, minutes: 0 };
  const minutes = Math.max(1, Math.floor(left / MINUTE_MS));
  const level = left > 4 * HOUR_MS ? 'open' : left > HOUR_MS ? 'soon' : 'ending';
  return { level, hours: Math.floor(minutes / 60), minutes: minutes % 60 };
}
