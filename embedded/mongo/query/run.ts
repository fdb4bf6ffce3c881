import type { Variables } from '../aggregate/expressions.ts';
import { MongoError } from '../errors.ts';
import type { OrderedField } from '../index/entries.ts';
import { type IndexScan, type Plan, plan } from '../index/planner.ts';
import { type Collection, idOfEntry, type Stored } from '../storage/collection.ts';
import type { Entry, Range } from '../storage/storage.ts';
import { type Document, parseDocument } from '../values/values.ts';
import type { Filter } from './filter.ts';
import { matches } from './matcher.ts';
import { sortKey } from './sorting.ts';

const LARGEST_SORT = 100 * 1_024 * 1_024; // bytes of documents sorted in memory, MongoDB's limit

export interface Query {
  readonly filter: Filter;
  readonly sort: readonly OrderedField[];
  readonly skip: number;
  /** 0: no limit. */
  readonly limit: number;
  /** The name of the index to use, `$natural` for none. */
  readonly hint?: string | undefined;
  /** What `$expr` may name as `$$name`. */
  readonly variables?: Variables | undefined;
  /** When to give up, in milliseconds of the clock. */
  readonly deadline?: number | undefined;
}

/** What a query cost, for `explain`. */
export interface Costs {
  keys: number;
  documents: number;
}

export interface Found {
  readonly stored: Stored;
  readonly document: Document;
}

export const planOf = (collection: Collection, { filter, sort, hint }: Query): Plan =>
  plan(filter, sort, collection.indexes, hint);

/** The documents that a query finds, in order. Lazy: only a sort that no index serves holds documents in memory. */
export function* run(
  collection: Collection,
  query: Query,
  costs: Costs = { keys: 0, documents: 0 },
): Generator<Found> {
  const chosen = planOf(collection, query);
  const found = matching(collection, query, chosen, costs);
  const ordered = chosen.sorted ? found : sortInMemory(found, query);
  let at = 0;
  for (const item of ordered) {
    at += 1;
    if (at > query.skip) yield item;
    if (query.limit > 0 && at >= query.skip + query.limit) return;
  }
}

/** How many items there are; none of them is kept. */
export function tally(items: Iterable<unknown>): number {
  const iterator = items[Symbol.iterator]();
  let count = 0;
  while (!iterator.next().done) count += 1;
  return count;
}

function* matching(collection: Collection, query: Query, chosen: Plan, costs: Costs): Generator<Found> {
  for (const stored of candidates(collection, chosen, costs)) {
    costs.documents += 1;
    if (query.deadline !== undefined && Date.now() > query.deadline) {
      throw new MongoError(50, 'operation exceeded time limit');
    }
    const document = parseDocument(stored.bytes);
    if (matches(query.filter, document, query.variables)) yield { stored, document };
  }
}

function* candidates(collection: Collection, { scans }: Plan, costs: Costs): Generator<Stored> {
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
function* byId(collection: Collection, { groups, reverse }: IndexScan): Generator<Stored> {
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

/** With a limit only the first `skip + limit` are kept while reading. Bytes are kept, not objects: they are smaller. */
function* sortInMemory(found: Iterable<Found>, { sort, skip, limit }: Query): Generator<Found> {
  const most = limit > 0 ? skip + limit : Infinity;
  let kept: { stored: Stored; key: Buffer }[] = [];
  let size = 0;
  const cut = (): void => {
    kept.sort((left, right) => Buffer.compare(left.key, right.key));
    if (kept.length > most) kept = kept.slice(0, most);
    size = kept.reduce((sum, { stored, key }) => sum + stored.bytes.length + key.length, 0);
  };
  for (const { stored, document } of found) {
    const key = sortKey(document, sort);
    kept.push({ stored, key });
    size += stored.bytes.length + key.length;
    if (kept.length >= 2 * most + 1_000 || size > LARGEST_SORT) cut();
    if (size > LARGEST_SORT) {
      throw new MongoError(
        292,
        `Sort exceeded memory limit of ${LARGEST_SORT} bytes; add an index that has the order of the sort`,
      );
    }
  }
  cut();
  for (const { stored } of kept) yield { stored, document: parseDocument(stored.bytes) };
}
