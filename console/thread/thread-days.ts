import { localDay } from '../ui/time.ts';
import type { ThreadMessage } from './relations.ts';

/** The messages of one local day, old to new. */
export interface ThreadDay {
  /** e.g. `2026-11-22`. */
  day: string;
  /** Of its first message. */
  time: Date;
  entries: ThreadEntry[];
}

/** A message and whether it begins or ends a group of one side's messages. */
export interface ThreadEntry extends ThreadMessage {
  startsGroup: boolean;
  endsGroup: boolean;
}

/** Messages of one side within this time stand together. */
const GROUP_MS = 5 * 60_000;

/** The thread by local days, grouped. `newestFirst` is the order of the API's lists, which is the thread's. */
export function threadDays(newestFirst: readonly ThreadMessage[]): ThreadDay[] {
  const days: ThreadDay[] = [];
  for (const item of newestFirst.toReversed()) {
    const time = new Date(item.message.timestamp);
    const day = localDay(time);
    const current = days.at(-1);
    // Clocks differ a little: around midnight an earlier day may come again, and stays under the later one.
    if (current === undefined || current.day < day) {
      days.push({ day, time, entries: [{ ...item, startsGroup: true, endsGroup: true }] });
      continue;
    }
    const before = current.entries.at(-1);
    const joined = before !== undefined && sameGroup(before, item);
    if (joined) before.endsGroup = false;
    current.entries.push({ ...item, startsGroup: !joined, endsGroup: true });
  }
  return days;
}

function sameGroup({ message: earlier }: ThreadMessage, { message: later }: ThreadMessage): boolean {
  if (earlier.direction !== later.direction) return false;
  // A line of the system stands in the middle, by itself.
  if (earlier.type === 'system' || later.type === 'system') return false;
  if (earlier.sender?.contactId !== later.sender?.contactId) return false;
  return Date.parse(later.timestamp) - Date.parse(earlier.timestamp) <= GROUP_MS;
}
