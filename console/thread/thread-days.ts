import type { Message } from '../api/types.ts';
import { localDay } from '../ui/time.ts';

/** The messages of one local day, old to new. */
export interface ThreadDay {
  /** e.g. `2026-11-22`. */
  day: string;
  /** Of its first message. */
  time: Date;
  entries: ThreadEntry[];
}

/** A message and whether it begins or ends a group of one side's messages. */
export interface ThreadEntry {
  message: Message;
  startsGroup: boolean;
  endsGroup: boolean;
}

/** Messages of one side within this time stand together. */
const GROUP_MS = 5 * 60_000;

/** The thread by local days, grouped. `newestFirst` is the order of the API's lists, which is the thread's. */
export function threadDays(newestFirst: readonly Message[]): ThreadDay[] {
  const days: ThreadDay[] = [];
  for (const message of newestFirst.toReversed()) {
    const time = new Date(message.timestamp);
    const day = localDay(time);
    const current = days.at(-1);
    // Clocks differ a little: around midnight an earlier day may come again, and stays under the later one.
    if (current === undefined || current.day < day) {
      days.push({ day, time, entries: [{ message, startsGroup: true, endsGroup: true }] });
      continue;
    }
    const before = current.entries.at(-1);
    const joined = before !== undefined && sameGroup(before.message, message);
    if (joined) before.endsGroup = false;
    current.entries.push({ message, startsGroup: !joined, endsGroup: true });
  }
  return days;
}

function sameGroup(earlier: Message, later: Message): boolean {
  if (earlier.direction !== later.direction) return false;
  return timeOf(later) - timeOf(earlier) <= GROUP_MS;
}

function timeOf(message: Message): number {
  return Date.parse(message.timestamp);
}
