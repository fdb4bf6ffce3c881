/** What a checker reports. */
export type BreachKind =
  | 'lost'
  | 'doubled'
  | 'changed'
  | 'unknown-message'
  | 'split'
  | 'out-of-order'
  | 'seen-by-another-tenant'
  | 'event-lost'
  | 'event-doubled'
  | 'event-unknown'
  | 'event-unsigned'
  | 'event-out-of-order'
  | 'answer-lost'
  | 'answer-refused'
  | 'answer-doubled'
  | 'sent-twice'
  | 'sent-unasked'
  | 'stuck'
  | 'status-behind'
  | 'failed-without-refusal'
  | 'unconfirmed-without-reason'
  | 'dead-letter'
  | 'dead-letter-missing'
  | 'not-quiet';

export interface Breach {
  kind: BreachKind;
  /** Which one: ids and places, no content. */
  of: string;
}

/** Items by a name; the order of each list is that of the items. */
export function grouped<Item>(items: readonly Item[], nameOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const name = nameOf(item);
    const group = groups.get(name);
    if (group) group.push(item);
    else groups.set(name, [item]);
  }
  return groups;
}
