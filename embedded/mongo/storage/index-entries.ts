import type { Index } from '../index/description.ts';
import { distinctTuples, multikeyPaths, singleValues } from '../index/entries.ts';
import { matches } from '../query/matcher.ts';
import { checkKeyLength, encodeEntry } from '../values/keys.ts';
import { MISSING, visitPath } from '../values/paths.ts';
import type { Document } from '../values/values.ts';
import type { Entry } from './storage.ts';

/** What a document has in an index, and the paths on which it meets an array there. */
interface IndexEntries {
  readonly entries: Entry[];
  readonly arrays: readonly string[];
}

/** The entries of a document whose encoded `_id` this is. Throws 17280 for a key that is too long. */
export function entriesOf(index: Index, document: Document, id: Buffer, namespace: string): IndexEntries {
  if (index.name === '_id_' || !covers(index, document)) return { entries: [], arrays: [] };
  const values = singleValues(document, index.fields);
  const tuples = values ? [values] : distinctTuples(document, index.fields);
  const entries = tuples.map((tuple) => {
    const { key, idAt } = encodeEntry(index.id, tuple, index.directions, id);
    checkKeyLength(key, `${namespace} index ${index.name}`);
    return { key, value: lengthOf(idAt) };
  });
  return { entries, arrays: values ? [] : multikeyPaths(document, index.fields) };
}

/** The encoded `_id` that an index entry points to. */
export const idOfEntry = ({ key, value }: Entry): Buffer => key.subarray(value.readUInt16BE());

/** Whether an index has entries for a document: its partial filter holds, and a sparse index sees a field. */
function covers(index: Index, document: Document): boolean {
  if (index.partial) return matches(index.partial.filter, document);
  if (!index.sparse) return true;
  let present = false;
  for (const { parts } of index.fields) {
    visitPath(document, parts, (found) => {
      present ||= found !== MISSING;
    });
  }
  return present;
}

/** The entries of one list that the other one has not. Mostly both have one. */
export function without(entries: Entry[], others: readonly Entry[]): Entry[] {
  if (others.length === 0) return entries;
  if (others.length === 1) return entries.filter(({ key }) => !key.equals((others[0] as Entry).key));
  const keys = new Set(others.map(({ key }) => key.toString('latin1')));
  return entries.filter(({ key }) => !keys.has(key.toString('latin1')));
}

/** Values of entries: there are few, and each is used over and over. */
const lengths = new Map<number, Buffer>();

function lengthOf(idAt: number): Buffer {
  const known = lengths.get(idAt);
  if (known) return known;
  const length = Buffer.alloc(2);
  length.writeUInt16BE(idAt);
  lengths.set(idAt, length);
  return length;
}
