import type { Message } from '../api/types.ts';
import { localDay } from '../ui/time.ts';

/** What stands in a thread, from old to new. */
export type ThreadItem =
  | { kind: 'day'; key: string; day: string; time: Date }
  | { kind: 'message'; key: string; message: Message; startsGroup: boolean; endsGroup: boolean };

/** Messages of one side within this time stand together. */
const GROUP_MS = 5 * 60_000;

/** Day separators (local days) and grouped messages. `newestFirst` is the order of the API's lists. */
export function threadItems(newestFirst: readonly Message[]): ThreadItem[] {
  const messages = newestFirst.toReversed();
  return messages.flatMap((message, index) => {
    const before = messages[index - 1];
    const after = messages[index + 1];
    const time = new Date(message.timestamp);
    const newDay = before === undefined || localDay(new Date(before.timestamp)) !== localDay(time);
    const startsGroup = newDay || !sameGroup(before, message);
    const endsGroup = after === undefined || !sameGroup(message, after) || !sameDay(message, after);
    const item: ThreadItem = { kind: 'message', key: message.id, message, startsGroup, endsGroup };
    const day = localDay(time);
    return newDay ? [{ kind: 'day', key: `day ${day}`, day, time }, item] : [item];
  });
}

function sameGroup(earlier: Message, later: Message): boolean {
  if (earlier.direction !== later.direction) return false;
  return Date.parse(later.timestamp) - Date.parse(earlier.timestamp) <= GROUP_MS;
}

function sameDay(one: Message, other: Message): boolean {
  return localDay(new Date(one.timestamp)) === localDay(new Date(other.timestamp));
}
