import { setImmediate } from 'node:timers/promises';

import type { Variables } from '../aggregate/expressions.ts';
import { MongoError } from '../errors.ts';
import type { OrderedField } from '../index/entries.ts';
import { type Plan, plan } from '../index/planner.ts';
import type { Collection, Stored } from '../storage/collection.ts';
import { FieldNames, parseFields } from '../values/fields.ts';
import { type Document, parseDocument } from '../values/values.ts';
import { candidates, type Costs } from './candidates.ts';
import { fieldsOf, type Filter } from './filter.ts';
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

/** A stored document that a query finds. Who passes its bytes on never makes an object of it. */
export class Found {
  readonly stored: Stored;
  #document: Document | undefined;

  constructor(stored: Stored, document?: Document) {
    this.stored = stored;
    this.#document = document;
  }

  /** Made when it is asked for; the same one every time. */
  get document(): Document {
    this.#document ??= parseDocument(this.stored.bytes);
    return this.#document;
  }
}

export const planOf = (collection: Collection, { filter, sort, hint }: Query): Plan =>
  plan(filter, sort, collection.indexes, hint);

/** Stands between two results where a reader may let others have their turn. */
export const PAUSE: unique symbol = Symbol('pause');
export type Step = Found | typeof PAUSE;

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
export async function* read(collection: Collection, query: Query): AsyncGenerator<Document> {
  for (const step of search(collection, query)) {
    if (step === PAUSE) await setImmediate();
    else yield step.document;
  }
}

/**
 * What a query finds, and where it should pause. Lazy: only a sort that no index serves holds documents in memory.
 */
export function* search(
  collection: Collection,
  query: Query,
  costs: Costs = { keys: 0, documents: 0 },
): Generator<Step> {
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

/** How many documents a query finds; none of them is kept. */
export async function tally(collection: Collection, query: Query, costs?: Costs): Promise<number> {
  let count = 0;
  for (const step of search(collection, query, costs)) {
    if (step === PAUSE) await setImmediate();
    else count += 1;
  }
  return count;
}

function* matching(collection: Collection, query: Query, chosen: Plan, costs: Costs): Generator<Step> {
  const looksAt = fieldsOf(query.filter);
  const names = looksAt && new FieldNames(looksAt);
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
    const document = names ? undefined : parseDocument(stored.bytes);
    const seen = document ?? parseFields(stored.bytes, names as FieldNames);
    if (matches(query.filter, seen, query.variables)) yield new Found(stored, document);
  }
}

/** With a limit only the first `skip + limit` are kept while reading. Bytes are kept, not objects: they are smaller. */
function* sortInMemory(found: Iterable<Step>, { sort, skip, limit }: Query): Generator<Step> {
  const names = new FieldNames(sort.map(({ parts }) => parts[0] as string));
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
    const { stored } = step;
    const key = sortKey(parseFields(stored.bytes, names), sort);
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
  for (const { stored } of kept) yield new Found(stored);
}
