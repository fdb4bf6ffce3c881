import { Int32, Long } from 'bson';

import { MongoError } from '../errors.ts';
import { parseFilter } from '../query/filter.ts';
import { matches } from '../query/matcher.ts';
import type { Projection } from '../query/projection.ts';
import { parseOrder, sortKey } from '../query/sorting.ts';
import type { Collection } from '../storage/collection.ts';
import { setAt, unsetAt } from '../update/paths.ts';
import { fromNumber } from '../values/numbers.ts';
import { MISSING, splitPath, valueAt } from '../values/paths.ts';
import { type Document, isDocument, type Value, writeDocument } from '../values/values.ts';
import { compileGroup } from './accumulators.ts';
import { compileExpression, type Variables } from './expressions.ts';

const LARGEST_STAGE = 100 * 1_024 * 1_024; // bytes that $sort or $facet hold, MongoDB's limit

/** What a pipeline works on besides its input. */
export interface PipelineContext {
  /** Another collection of the same database, undefined if it does not exist. */
  readonly collection: (name: string) => Collection | undefined;
  readonly variables: Variables;
  readonly deadline: number | undefined;
  readonly hint?: string | undefined;
}

/** A stage takes documents and gives documents, one by one where it can. */
export type Stage = (documents: AsyncIterable<Document>, context: PipelineContext) => AsyncIterable<Document>;

/** `$unset` names one field or several. */
export function exclusionOf(operand: Value): Document {
  const paths = Array.isArray(operand) ? operand : [operand];
  if (!paths.every((path) => typeof path === 'string')) {
    throw new MongoError(31002, '$unset specification must be a string or an array of strings');
  }
  return Object.fromEntries(paths.map((path) => [path, new Int32(0)]));
}

export function match(specification: Document): Stage {
  const filter = parseFilter(specification);
  return async function* stage(documents, { variables }) {
    for await (const document of documents) if (matches(filter, document, variables)) yield document;
  };
}

export function map(projection: Projection): Stage {
  return async function* stage(documents, { variables }) {
    for await (const document of documents) yield projection(document, variables);
  };
}

export function limit(most: number): Stage {
  return async function* stage(documents) {
    let at = 0;
    for await (const document of documents) {
      yield document;
      at += 1;
      if (at >= most) return;
    }
  };
}

export function skip(least: number): Stage {
  return async function* stage(documents) {
    let at = 0;
    for await (const document of documents) {
      at += 1;
      if (at > least) yield document;
    }
  };
}

export function sort(specification: Document): Stage {
  const order = parseOrder(specification, 'sort');
  return async function* stage(documents) {
    const keyed = (await held('$sort', documents)).map((document) => ({
      document,
      key: sortKey(document, order),
    }));
    keyed.sort((left, right) => Buffer.compare(left.key, right.key));
    for (const { document } of keyed) yield document;
  };
}

/** All documents of a stage that needs them at once, up to the limit. */
export async function held(name: string, documents: AsyncIterable<Document>): Promise<Document[]> {
  const all: Document[] = [];
  let size = 0;
  for await (const document of documents) {
    size += writeDocument(document).length;
    if (size > LARGEST_STAGE) {
      throw new MongoError(292, `${name} exceeded memory limit of ${LARGEST_STAGE} bytes`);
    }
    all.push(document);
  }
  return all;
}

export function count(operand: Value): Stage {
  if (typeof operand !== 'string' || !/^[^$.][^.]*$/.test(operand)) {
    throw new MongoError(40156, 'the count field must be a non-empty string without $ and .');
  }
  return async function* stage(documents) {
    const iterator = documents[Symbol.asyncIterator]();
    let total = 0;
    while (!(await iterator.next()).done) total += 1;
    if (total > 0) yield { [operand]: fromNumber(total) };
  };
}

export function sortByCount(operand: Value): Stage {
  const group = compileGroup({ _id: operand, count: { $sum: new Int32(1) } });
  const order = sort({ count: new Int32(-1) });
  return (documents, context) => order(group(documents, context.variables), context);
}

export function unwind(operand: Value): Stage {
  const options = isDocument(operand) ? operand : { path: operand };
  const { path, includeArrayIndex: index, preserveNullAndEmptyArrays: preserve } = options;
  if (typeof path !== 'string' || !path.startsWith('$')) {
    throw new MongoError(28818, "path option to $unwind stage should be prefixed with a '$'");
  }
  const parts = splitPath(path.slice(1));
  const element = (document: Document, value: Value, at: number | null): Document => {
    const copy = copyAlong(document, parts);
    if (value === undefined) unsetAt(copy, parts);
    else setAt(copy, parts, value);
    if (typeof index === 'string') setAt(copy, splitPath(index), at === null ? null : Long.fromNumber(at));
    return copy;
  };
  return async function* stage(documents) {
    for await (const document of documents) {
      const found = valueAt(document, parts);
      if (Array.isArray(found) && found.length > 0) {
        for (const [at, value] of found.entries()) yield element(document, value, at);
      } else if (found !== MISSING && found !== null && !Array.isArray(found)) {
        yield element(document, found, null);
      } else if (preserve === true) yield element(document, found === null ? null : undefined, null);
    }
  };
}

/** A copy whose documents along a path are new, so that writing there does not change the original. */
export function copyAlong(document: Document, [part, ...rest]: readonly string[]): Document {
  const copy = { ...document };
  const inner = part === undefined ? undefined : copy[part];
  if (part !== undefined && rest.length > 0 && isDocument(inner)) copy[part] = copyAlong(inner, rest);
  return copy;
}

export function replaceRoot(expression: Value): Stage {
  const root = compileExpression(expression);
  return async function* stage(documents, { variables }) {
    for await (const document of documents) {
      const replaced = root(document, variables);
      if (!isDocument(replaced)) {
        throw new MongoError(40228, "'newRoot' expression must evaluate to an object");
      }
      yield replaced;
    }
  };
}
