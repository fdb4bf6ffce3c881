import { Int32, Timestamp } from 'bson';

import { MongoError, refuse } from '../errors.ts';
import type { Filter } from '../query/filter.ts';
import { firstMatchingPosition } from '../query/matcher.ts';
import { calculate } from '../values/numbers.ts';
import { type Found, MISSING, splitPath, valueAt } from '../values/paths.ts';
import { typeNameOf } from '../values/types.ts';
import {
  compareValues,
  type Document,
  isDocument,
  isNumber,
  sameValue,
  type Value,
} from '../values/values.ts';
import { ARRAY_OPERATORS } from './arrays.ts';
import { expandPath, identifiersIn, type PathContext, setAt, unsetAt } from './paths.ts';

/** A parsed update: either a whole new document or a list of changes in the order of their paths. */
export type Update =
  | { readonly kind: 'replace'; readonly document: Document }
  | { readonly kind: 'change'; readonly changes: readonly Change[] };

interface Change {
  readonly operator: string;
  readonly path: string;
  /** The parts of a path without `$`, which is the same in every document. */
  readonly parts: readonly string[] | undefined;
  readonly operand: Value;
}

type ValueOperator = (found: Found, operand: Value, path: string) => Found;

const VALUE_OPERATORS: Readonly<Record<string, ValueOperator>> = {
  ...ARRAY_OPERATORS,
  $set: (_found, operand) => operand,
  $setOnInsert: (_found, operand) => operand,
  $unset: () => MISSING,
  $inc: (found, operand, path) => arithmetic('add', '$inc', found, operand, path),
  $mul: (found, operand, path) => arithmetic('multiply', '$mul', found, operand, path),
  $min: (found, operand) => (found === MISSING || compareValues(operand, found) < 0 ? operand : found),
  $max: (found, operand) => (found === MISSING || compareValues(operand, found) > 0 ? operand : found),
  $currentDate: (_found, operand) => currentDate(operand),
};

function arithmetic(
  operation: 'add' | 'multiply',
  operator: string,
  found: Found,
  operand: Value,
  path: string,
): Value {
  if (!isNumber(operand)) {
    throw new MongoError(14, `Cannot apply ${operator} with a non-numeric argument at '${path}'`);
  }
  if (found === MISSING) {
    return operation === 'add' ? operand : calculate('multiply', operand, new Int32(0), operator);
  }
  if (!isNumber(found)) {
    const type = typeNameOf(found);
    throw new MongoError(
      14,
      `Cannot apply ${operator} to a value of non-numeric type: '${path}' is of type ${type}`,
    );
  }
  return calculate(operation, found, operand, operator);
}

function currentDate(operand: Value): Value {
  const type = isDocument(operand) ? operand['$type'] : operand;
  if (type === true || type === 'date') return new Date();
  if (type === 'timestamp') return Timestamp.fromBits(1, Math.floor(Date.now() / 1_000));
  throw new MongoError(2, "The $currentDate operand must be true or {$type: 'date' | 'timestamp'}");
}

/** Parses the update document of a command. Pipelines are refused; so is a mix of operators and fields. */
export function parseUpdate(update: Value, arrayFilters: ReadonlyMap<string, Filter> = new Map()): Update {
  if (Array.isArray(update)) throw refuse('An update with an aggregation pipeline');
  if (!isDocument(update)) throw new MongoError(9, 'The update must be a document');
  const names = Object.keys(update);
  if (!names[0]?.startsWith('$')) return { kind: 'replace', document: checkReplacement(update) };
  const changes = Object.entries(update).flatMap(([operator, fields]) => parseOperator(operator, fields));
  checkConflicts(changes);
  checkArrayFilters(changes, arrayFilters);
  changes.sort((left, right) => (left.path < right.path ? -1 : 1));
  return { kind: 'change', changes };
}

function checkReplacement(document: Document): Document {
  const dollar = Object.keys(document).find((name) => name.startsWith('$'));
  if (dollar) {
    throw new MongoError(52, `The dollar ($) prefixed field '${dollar}' is not allowed in a replacement`);
  }
  return document;
}

function parseOperator(operator: string, fields: Value): Change[] {
  if (!(operator in VALUE_OPERATORS) && operator !== '$rename') {
    throw new MongoError(
      9,
      `Unknown modifier: ${operator}. Expected a valid update modifier or fields of a replacement`,
    );
  }
  if (!isDocument(fields)) {
    throw new MongoError(9, `Modifiers operate on fields but ${operator} has no document`);
  }
  return Object.entries(fields).map(([path, operand]) => {
    const parts = splitPath(path);
    return { operator, path, parts: path.includes('$') ? undefined : parts, operand };
  });
}

/** No path may be changed twice, nor together with a path above or below it. */
function checkConflicts(changes: readonly Change[]): void {
  const taken = new Set<string>();
  const above = new Set<string>();
  const paths = changes.flatMap(({ operator, path, operand }) =>
    operator === '$rename' && typeof operand === 'string' ? [path, operand] : [path],
  );
  for (const path of paths) {
    if (!path.includes('.')) {
      if (above.has(path)) throw conflictAt(path, path);
      taken.add(path);
      above.add(path);
      continue;
    }
    const parts = path.split('.');
    const prefixes = parts.map((_part, at) => parts.slice(0, at + 1).join('.'));
    const conflict = above.has(path) ? path : prefixes.find((prefix) => taken.has(prefix));
    if (conflict) throw conflictAt(path, conflict);
    taken.add(path);
    prefixes.forEach((prefix) => above.add(prefix));
  }
}

const conflictAt = (path: string, conflict: string): MongoError =>
  new MongoError(40, `Updating the path '${path}' would create a conflict at '${conflict}'`);

function checkArrayFilters(changes: readonly Change[], filters: ReadonlyMap<string, Filter>): void {
  if (filters.size === 0) return;
  const used = new Set(changes.flatMap(({ path }) => identifiersIn(path)));
  for (const identifier of filters.keys()) {
    if (!used.has(identifier)) {
      throw new MongoError(9, `The array filter for identifier '${identifier}' was not used in the update`);
    }
  }
}

/** The fields of a document that an update may change; undefined: all. */
export function changedFields(update: Update): ReadonlySet<string> | undefined {
  if (update.kind === 'replace') return undefined;
  const paths = update.changes.flatMap(({ operator, path, operand }) =>
    operator === '$rename' && typeof operand === 'string' ? [path, operand] : [path],
  );
  return new Set(paths.map((path) => path.split('.', 1)[0] as string));
}

export interface UpdateContext {
  readonly arrayFilters: ReadonlyMap<string, Filter>;
  readonly filter: Filter;
  readonly inserting: boolean;
}

/**
 * Applies an update to a document, which it may change; returns the new document.
 * Throws code 66 when `_id` would change.
 */
export function applyUpdate(document: Document, update: Update, context: UpdateContext): Document {
  const hadId = Object.hasOwn(document, '_id');
  const id = document['_id'];
  const updated =
    update.kind === 'replace'
      ? replace(document, update.document)
      : change(document, update.changes, context);
  if (hadId && !(Object.hasOwn(updated, '_id') && sameValue(id, updated['_id']))) {
    throw new MongoError(66, "Performing an update on the path '_id' would modify the immutable field '_id'");
  }
  return updated;
}

function replace(document: Document, replacement: Document): Document {
  if (!Object.hasOwn(document, '_id')) return replacement;
  return { _id: document['_id'], ...replacement };
}

function change(document: Document, changes: readonly Change[], context: UpdateContext): Document {
  const needsPosition = changes.some(({ path, parts }) => !parts && path.split('.').includes('$'));
  const paths: PathContext = {
    arrayFilters: context.arrayFilters,
    position: needsPosition ? firstMatchingPosition(context.filter, document) : undefined,
  };
  for (const { operator, path, parts: fixed, operand } of changes) {
    if (operator === '$setOnInsert' && !context.inserting) continue;
    if (operator === '$rename') rename(document, path, operand);
    else if (fixed) changeAt(document, fixed, operator, operand);
    else for (const parts of expandPath(document, path, paths)) changeAt(document, parts, operator, operand);
  }
  return document;
}

function changeAt(document: Document, parts: readonly string[], operator: string, operand: Value): void {
  const found = valueAt(document, parts);
  const value = (VALUE_OPERATORS[operator] as ValueOperator)(found, operand, parts.join('.'));
  if (value === found) return;
  if (value === MISSING) unsetAt(document, parts);
  else setAt(document, parts, value);
}

function rename(document: Document, from: string, to: Value): void {
  if (typeof to !== 'string') throw new MongoError(2, "The 'to' field for $rename must be a string");
  const [source, target] = [splitPath(from), splitPath(to)];
  for (const parts of [source, target]) {
    const above = parts.map((_part, at) => valueAt(document, parts.slice(0, at)));
    if (above.some(Array.isArray)) {
      throw new MongoError(2, `The path of $rename '${parts.join('.')}' goes through an array`);
    }
  }
  const value = valueAt(document, source);
  if (value === MISSING) return;
  unsetAt(document, source);
  setAt(document, target, value);
}

/** The document that an upsert starts from: the equality conditions of its filter. */
export function seedOf(filter: Filter): Document {
  const seed: Document = {};
  const collect = (part: Filter): void => {
    if (part.kind === 'and' || (part.kind === 'or' && part.of.length === 1)) part.of.forEach(collect);
    if (part.kind !== 'field' || part.test.op !== '$eq') return;
    if (valueAt(seed, part.parts) !== MISSING) {
      throw new MongoError(54, `cannot infer query fields to set, path '${part.path}' is matched twice`);
    }
    setAt(seed, part.parts, part.test.value);
  };
  collect(filter);
  return seed;
}
