import { Int32, Long } from 'bson';

import { MongoError, refuse } from '../errors.ts';
import { fieldsOf, type Filter, parseFilter } from '../query/filter.ts';
import { parseOrder } from '../query/sorting.ts';
import { toNumber } from '../values/numbers.ts';
import { isIndex } from '../values/paths.ts';
import { type Document, isDocument, isNumber, sameValue, type Value } from '../values/values.ts';
import type { OrderedField } from './entries.ts';

/** An index as it is stored and used. */
export interface Index {
  readonly id: number;
  readonly name: string;
  readonly key: Document;
  readonly fields: readonly OrderedField[];
  readonly directions: readonly (1 | -1)[];
  /** The fields of a document that its entries depend on. */
  readonly dependsOn: ReadonlySet<string>;
  readonly unique: boolean;
  readonly sparse: boolean;
  readonly partial: { readonly document: Document; readonly filter: Filter } | undefined;
  readonly expireAfterSeconds: number | undefined;
  /** The paths under which some document has, or had, an array. Grows only. */
  readonly multikey: Set<string>;
}

const OPTIONS = new Set([
  'v',
  'key',
  'name',
  'unique',
  'sparse',
  'partialFilterExpression',
  'expireAfterSeconds',
  'background',
]);
const MOST_FIELDS = 32;

/** Where the entries of an index are, and what is known of its paths. */
export interface Place {
  readonly id: number;
  readonly multikey: readonly string[];
}

/** Reads an index from its description with MongoDB's options; a new one has no place yet. */
export function readIndex(description: Document, place: Place = { id: 0, multikey: [] }): Index {
  const unknown = Object.keys(description).find((option) => !OPTIONS.has(option));
  if (unknown) throw refuse(`The index option '${unknown}'`, 197);
  const { key, name, expireAfterSeconds, partialFilterExpression: partial } = description;
  if (!isDocument(key)) throw new MongoError(67, 'An index needs a key document');
  if (typeof name !== 'string' || name === '') throw new MongoError(67, 'An index needs a name');
  const fields = readFields(key);
  if (partial !== undefined && !isDocument(partial)) {
    throw new MongoError(67, 'partialFilterExpression must be a document');
  }
  if (partial && description['sparse'] === true) {
    throw new MongoError(67, 'cannot mix "partialFilterExpression" and "sparse" options');
  }
  const filter = partial && checkPartial(parseFilter(partial));
  return {
    id: place.id,
    name,
    key,
    fields,
    directions: fields.map(({ direction }) => direction),
    dependsOn: new Set([
      ...fields.map(({ parts }) => parts[0] as string),
      ...((filter && fieldsOf(filter)) ?? []),
    ]),
    unique: description['unique'] === true || name === '_id_',
    sparse: description['sparse'] === true,
    partial: partial && filter && { document: partial, filter },
    expireAfterSeconds: readExpiry(expireAfterSeconds, fields),
    multikey: new Set(place.multikey),
  };
}

function readFields(key: Document): OrderedField[] {
  const fields = parseOrder(key, 'index');
  if (fields.length === 0 || fields.length > MOST_FIELDS) {
    throw new MongoError(67, `An index needs 1 to ${MOST_FIELDS} fields`);
  }
  const strange = fields.find(({ parts }) => parts.some((part) => isIndex(part) || part.startsWith('$')));
  if (strange) throw refuse(`An index on '${strange.path}'`, 67);
  return fields;
}

function readExpiry(value: Value, fields: readonly OrderedField[]): number | undefined {
  if (value === undefined) return undefined;
  const seconds = isNumber(value) ? toNumber(value) : NaN;
  if (!(seconds >= 0 && seconds <= 0x7fffffff)) {
    throw new MongoError(67, 'expireAfterSeconds must be from 0 to 2147483647');
  }
  if (fields.length > 1 || fields[0]?.path === '_id') {
    throw new MongoError(67, 'TTL indexes are single-field indexes, not on _id');
  }
  return seconds;
}

/** Partial filters may use what MongoDB allows in them: comparisons, $exists: true, $type, $in, $and, $or. */
function checkPartial(filter: Filter): Filter {
  const allowed = (part: Filter): boolean => {
    if (part.kind === 'and' || part.kind === 'or') return part.of.every(allowed);
    return part.kind === 'field' && !['$regex', '$size', '$mod', '$elemMatch'].includes(part.test.op);
  };
  if (!allowed(filter)) throw new MongoError(67, 'Expression not supported in partial index');
  return filter;
}

/** The description that `listIndexes` answers. */
export function describeIndex(index: Index): Document {
  return {
    v: new Int32(2),
    key: index.key,
    name: index.name,
    ...(index.unique && index.name !== '_id_' && { unique: true }),
    ...(index.sparse && { sparse: true }),
    ...(index.partial && { partialFilterExpression: index.partial.document }),
    ...(index.expireAfterSeconds !== undefined && {
      expireAfterSeconds: Long.fromNumber(index.expireAfterSeconds),
    }),
  };
}

/** Whether two indexes have the same key and options, whatever their names are. */
export function sameIndex(left: Index, right: Index): boolean {
  const options = (index: Index): Document => ({ ...describeIndex(index), name: null });
  return sameValue(options(left), options(right));
}
