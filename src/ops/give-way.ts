/** Long work in parts, so that what else this process has to do gets its turn between them. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Like `map`, `size` at a time. No more than `size` items are done at once, without waiting. */
export async function mapInParts<Item, Result>(
  items: Item[],
  size: number,
  change: (item: Item) => Result,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += size) {
    if (at > 0) await nextTurn();
    for (const item of items.slice(at, at + size)) results.push(change(item));
  }
  return results;
}
