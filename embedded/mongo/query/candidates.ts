import type { IndexScan, Plan } from '../index/planner.ts';
import type { Collection, Stored } from '../storage/collection.ts';
import { idOfEntry } from '../storage/index-entries.ts';
import type { Entry, Range } from '../storage/storage.ts';

/** What a query cost, for `explain`. */
export interface Costs {
  keys: number;
  documents: number;
}

/** The documents that a plan leads to, each once. They may match or not. */
export function* candidates(collection: Collection, { scans }: Plan, costs: Costs): Generator<Stored> {
  if (scans === 'collection') {
    yield* collection.all();
    return;
  }
  const seen = scans.some(({ repeats }) => repeats) ? new Set<string>() : undefined;
  for (const scan of scans) {
    for (const stored of scan.index.name === '_id_'
      ? byId(collection, scan)
      : byIndex(collection, scan, seen)) {
      costs.keys += 1;
      if (stored && !isRepeated(stored.id, seen)) yield stored;
    }
  }
}

function isRepeated(id: Buffer, seen: Set<string> | undefined): boolean {
  if (!seen) return false;
  const text = id.toString('latin1');
  if (seen.has(text)) return true;
  seen.add(text);
  return false;
}

/** The `_id` index is the documents table itself: its keys stand there without the index's number. */
function* byId(collection: Collection, { groups, ids, reverse }: IndexScan): Generator<Stored> {
  if (ids) {
    for (const id of reverse ? [...ids].reverse() : ids) {
      const stored = collection.read(id);
      if (stored) yield stored;
    }
    return;
  }
  const ranges = groups.flatMap((group) => group.ranges);
  for (const { low, high } of reverse ? ranges.reverse() : ranges) {
    yield* collection.scanDocuments({ low: low.subarray(4), high: high.subarray(4) }, reverse);
  }
}

function* byIndex(
  collection: Collection,
  scan: IndexScan,
  seen: Set<string> | undefined,
): Generator<Stored | undefined> {
  for (const entry of merged(collection, scan)) {
    const id = idOfEntry(entry);
    yield seen?.has(id.toString('latin1')) ? undefined : collection.read(id);
  }
}

function* inOrder(collection: Collection, ranges: readonly Range[], reverse: boolean): Generator<Entry> {
  for (const range of reverse ? [...ranges].reverse() : ranges) yield* collection.scanIndex(range, reverse);
}

/** Merges groups by what follows their prefix. One group, or no sort: simply one after the other. */
function* merged(collection: Collection, { groups, reverse }: IndexScan): Generator<Entry> {
  const heads = groups.flatMap(({ prefixLength, ranges }) => {
    const entries = inOrder(collection, ranges, reverse);
    const first = entries.next();
    return first.done ? [] : [{ entry: first.value, prefixLength, entries }];
  });
  const sign = reverse ? -1 : 1;
  while (heads.length > 0) {
    let at = 0;
    for (let other = 1; other < heads.length; other += 1) {
      if (sign * compareSuffix(heads[other] as Head, heads[at] as Head) < 0) at = other;
    }
    const head = heads[at] as Head;
    yield head.entry;
    const next = head.entries.next();
    if (next.done) heads.splice(at, 1);
    else head.entry = next.value;
  }
}

interface Head {
  entry: Entry;
  readonly prefixLength: number;
  readonly entries: Generator<Entry>;
}

const compareSuffix = (left: Head, right: Head): number =>
  Buffer.compare(left.entry.key.subarray(left.prefixLength), right.entry.key.subarray(right.prefixLength));
