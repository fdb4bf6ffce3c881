import { MongoError } from '../errors.ts';
import { encodeKey } from '../values/keys.ts';
import { type Document, isDocument, isNumber, type Value } from '../values/values.ts';
import type { Index } from './description.ts';
import { tuplesUnder } from './entries.ts';

/** Error 11000 in the form that MongoDB gives it; `values` are the encoded values that were there already. */
export function duplicateKey(
  namespace: string,
  index: Index,
  document: Document,
  values: Buffer | undefined,
): MongoError {
  const directions = index.fields.map(({ direction }) => direction);
  const tuples = tuplesUnder(document, index.fields);
  const tuple =
    tuples.find((candidate) => values && encodeKey(candidate, directions).equals(values)) ?? tuples[0] ?? [];
  const keyValue = Object.fromEntries(
    index.fields.map(({ path }, at): [string, Value] => [path, tuple[at] ?? null]),
  );
  return new MongoError(
    11000,
    `E11000 duplicate key error collection: ${namespace} index: ${index.name} dup key: ${show(keyValue)}`,
    { keyPattern: index.key, keyValue },
  );
}

/** A value as MongoDB's shell writes it. */
function show(value: Value): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value === null || value === undefined || typeof value === 'boolean') return String(value);
  if (isNumber(value)) return value.toString();
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  if (Array.isArray(value)) return `[ ${value.map(show).join(', ')} ]`;
  if (isDocument(value)) {
    return `{ ${Object.entries(value)
      .map(([name, field]) => `${name}: ${show(field)}`)
      .join(', ')} }`;
  }
  return '_bsontype' in value && value._bsontype === 'ObjectId'
    ? `ObjectId('${value.toString()}')`
    : value._bsontype;
}
