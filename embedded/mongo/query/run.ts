import { setImmediate } from 'node:timers/promises';

import type { Variables } from '../aggregate/expressions.ts';
import { MongoError } from '../errors.ts';
import type { OrderedField } from '../index/entries.ts';
import { type Plan, plan } from '../index/planner.ts';
import type { Collection, Stored } from '../storage/collection.ts';
import { type Document, parseDocument } from '../values/values.ts';
import { candidates, type Costs } from './candidates.ts';
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

export interface Found {
  readonly stored: Stored;
  readonly document: Document;
}

export const planOf = (collection: Collection, { filter, sort, hint }: Query): Plan =>
  plan(filter, sort, collection.indexes, hint);

/** Stands between two results where a reader may let others have their turn. */
const PAUSE = Symbol('pause');
type Step = Found | typeof PAUSE;

const SLICE = 10; // milliseconds that a query reads before it pauses

/** The documents that a query finds, in order, without letting anyone in between: for writes. */
export function* run(
  collection: Collection,
  query: Query,
  costs: Costs = { keys: 0, documents: 0 },
): Generator<Found> {
  for (const step of search(collection, query, costs)) if (step !== PAUSE) yield step;
}

/** The same for reading commands: every 10 ms others have their turn, so that no reader stops the server. */
export async function* read(
  collection: Collection,
  query: Query,
  costs: Costs = { keys: 0, documents: 0 },
): AsyncGenerator<Document> {
  for (const step of search(collection, query, costs)) {
    if (step === PAUSE) await setImmediate();
    else yield step.document;
  }
}

/** Lazy: only a sort that no index serves holds documents in memory. */
function* search(collection: Collection, query: Query, costs: Costs): Generator<Step> {
  const chosen = planOf(collection, query);
  const found = matching(collection, query, chosen, costs);
  let at = 0;
  for (const step of chosen.sorted ? found : sortInMemory(found, query)) {
    if (step === PAUSE) {
      yield PAUSE;
      continue;
    }
    at += 1;
    if (at > query.skip) yield step;
    if (query.limit > 0 && at >= query.skip + query.limit) return;
  }
}

/** How many documents there are; none of them is kept. */
export async function tally(documents: AsyncIterable<unknown>): Promise<number> {
  const iterator = documents[Symbol.asyncIterator]();
  let count = 0;
  while (!(await iterator.next()).done) count += 1;
  return count;
}

function* matching(collection: Collection, query: Query, chosen: Plan, costs: Costs): Generator<Step> {
  let since = Date.now();
  for (const stored of candidates(collection, chosen, costs)) {
    costs.documents += 1;
    const now = Date.now();
    if (query.deadline !== undefined && now > query.deadline) {
      throw new MongoError(50, 'operation exceeded time limit');
    }
    if (now - since > SLICE) {
      yield PAUSE;
      since = Date.now();
    }
    const document = parseDocument(stored.bytes);
    if (matches(query.filter, document, query.variables)) yield { stored, document };
  }
}

/** With a limit only the first `skip + limit` are kept while reading. Bytes are kept, not objects: they are smaller. */
function* sortInMemory(found: Iterable<Step>, { sort, skip, limit }: Query): Generator<Step> {
  const most = limit > 0 ? skip + limit : Infinity;
  let kept: { stored: Stored; key: Buffer }[] = [];
  let size = 0;
  const cut = (): void => {
    kept.sort((left, right) => Buffer.compare(left.key, right.key));
    if (kept.length > most) kept = kept.slice(0, most);
    size = kept.reduce((sum, { stored, key }) => sum + stored.bytes.length + key.length, 0);
  };
  for (const step of found) {
    if (step === PAUSE) {
      yield PAUSE;
      continue;
    }
    const { stored, document } = step;
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
