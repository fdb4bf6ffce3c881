/** The same items, another one first in each round: whatever comes first has no lasting advantage. */
export function turns<Item>(items: readonly Item[], round: number): Item[] {
  const first = round % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}
