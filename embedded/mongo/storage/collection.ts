import { ObjectId } from 'bson';

import { MongoError } from '../errors.ts';
import type { Index } from '../index/description.ts';
import { duplicateKey } from '../index/duplicate-key.ts';
import { FieldNames, parseFields } from '../values/fields.ts';
import { checkKeyLength, encodeValue } from '../values/keys.ts';
import { type Document, parseDocument, typeOf, type Value, writeDocument } from '../values/values.ts';
import { entriesOf, without } from './index-entries.ts';
import { type Entry, prefixOf, type Range, scan, startingWith, type Storage } from './storage.ts';

const LARGEST_DOCUMENT = 16 * 1_024 * 1_024; // bytes, MongoDB's limit

/** A document as it is stored: its place in the documents table and its bytes. */
export interface Stored {
  /** The encoded `_id`. */
  readonly id: Buffer;
  readonly bytes: Buffer;
}

/**
 * One collection: documents under `<collection><_id>`, index entries under `<index><values><_id>` with the length
 * of the part before `_id` as their value. Methods that write are only called inside `Storage.write`, and check
 * everything before they write anything.
 */
export class Collection {
  readonly database: string;
  readonly name: string;
  readonly id: number;
  readonly indexes: Index[];
  readonly prefix: Buffer;
  readonly #storage: Storage;
  readonly #save: (collection: Collection) => void;

  constructor(
    storage: Storage,
    save: (collection: Collection) => void,
    description: { database: string; name: string; id: number; indexes: Index[] },
  ) {
    this.#storage = storage;
    this.#save = save;
    this.database = description.database;
    this.name = description.name;
    this.id = description.id;
    this.indexes = description.indexes;
    this.prefix = prefixOf(description.id);
  }

  get namespace(): string {
    return `${this.database}.${this.name}`;
  }

  /** Stores a new document, with a new ObjectId as its first field if it has no `_id`. Throws 11000. */
  insert(document: Document): Document {
    const stored = withId(document);
    const bytes = this.#bytes(stored);
    const id = encodeId(stored['_id']);
    if (this.read(id)) throw duplicateKey(this.namespace, this.#idIndex, stored, undefined);
    const added: Entry[] = [];
    for (const index of this.indexes) {
      const entries = this.#entries(index, stored, id);
      this.#checkUnique(index, stored, id, entries);
      added.push(...entries);
    }
    this.#storage.documents.putSync(this.#key(id), bytes);
    for (const { key, value } of added) this.#storage.entries.putSync(key, value);
    return stored;
  }

  /**
   * Replaces a stored document, of which only these fields differ (undefined: perhaps all). Returns false, and writes
   * nothing, if its bytes are the same. Throws 11000.
   */
  replace(before: Stored, document: Document, changed?: ReadonlySet<string>): boolean {
    const bytes = this.#bytes(document);
    if (bytes.equals(before.bytes)) return false;
    const indexes = this.indexes.filter(({ dependsOn }) => !changed || meet(dependsOn, changed));
    const old = this.#storedEntries(before, indexes);
    const removed: Entry[] = [];
    const added: Entry[] = [];
    for (const [at, index] of indexes.entries()) {
      const [less, more] = [old[at] as Entry[], this.#entries(index, document, before.id)];
      const fresh = without(more, less);
      this.#checkUnique(index, document, before.id, fresh);
      added.push(...fresh);
      removed.push(...without(less, more));
    }
    for (const { key } of removed) this.#storage.entries.removeSync(key);
    for (const { key, value } of added) this.#storage.entries.putSync(key, value);
    this.#storage.documents.putSync(this.#key(before.id), bytes);
    return true;
  }

  remove(stored: Stored): void {
    for (const { key } of this.#storedEntries(stored, this.indexes).flat()) {
      this.#storage.entries.removeSync(key);
    }
    this.#storage.documents.removeSync(this.#key(stored.id));
  }

  /** The document under an encoded `_id`. */
  read(id: Buffer): Stored | undefined {
    const bytes = this.#storage.documents.get(this.#key(id));
    return bytes && { id, bytes };
  }

  /** The documents whose encoded `_id` lies in a range of positions. */
  *scanDocuments({ low, high }: Range, reverse = false): Generator<Stored> {
    const range = { low: Buffer.concat([this.prefix, low]), high: Buffer.concat([this.prefix, high]) };
    for (const { key, value } of scan(this.#storage.documents, range, reverse)) {
      yield { id: key.subarray(this.prefix.length), bytes: value };
    }
  }

  all(): Generator<Stored> {
    return this.scanDocuments({ low: Buffer.alloc(0), high: Buffer.from([0xff]) });
  }

  /** The entries of one index in a range of positions (which include the index's number). */
  scanIndex(range: Range, reverse = false): Generator<Entry> {
    return scan(this.#storage.entries, range, reverse);
  }

  count(): number {
    const { low, high } = startingWith(this.prefix);
    return this.#storage.documents.getKeysCount({ start: low, end: high });
  }

  /** Adds an index and fills it from what is stored; takes it back if a document does not fit. */
  addIndex(index: Index): void {
    this.indexes.push(index);
    try {
      for (const stored of this.all()) this.#fill(index, stored);
    } catch (error) {
      this.removeIndex(index);
      throw error;
    }
    this.#save(this);
  }

  #fill(index: Index, { id, bytes }: Stored): void {
    const document = parseDocument(bytes);
    const entries = this.#entries(index, document, id);
    this.#checkUnique(index, document, id, entries);
    for (const { key, value } of entries) this.#storage.entries.putSync(key, value);
  }

  removeIndex(index: Index): void {
    this.indexes.splice(this.indexes.indexOf(index), 1);
    this.#purge(index);
    this.#save(this);
  }

  /** Removes all documents and entries; the catalog forgets the collection afterwards. */
  clear(): void {
    for (const index of this.indexes) this.#purge(index);
    for (const { key } of scan(this.#storage.documents, startingWith(this.prefix))) {
      this.#storage.documents.removeSync(key);
    }
  }

  #purge(index: Index): void {
    for (const { key } of scan(this.#storage.entries, startingWith(prefixOf(index.id)))) {
      this.#storage.entries.removeSync(key);
    }
  }

  get #idIndex(): Index {
    return this.indexes[0] as Index;
  }

  #key(id: Buffer): Buffer {
    return Buffer.concat([this.prefix, id]);
  }

  #bytes(document: Document): Buffer {
    const bytes = Buffer.from(writeDocument(document));
    if (bytes.length > LARGEST_DOCUMENT) {
      throw new MongoError(
        10334,
        `BSONObj size: ${bytes.length} is invalid. Size must be between 0 and ${LARGEST_DOCUMENT}`,
      );
    }
    return bytes;
  }

  /** What a document adds to an index. Marks paths that meet an array for the first time. */
  #entries(index: Index, document: Document, id: Buffer): Entry[] {
    const { entries, arrays } = entriesOf(index, document, id, this.namespace);
    const fresh = arrays.filter((path) => !index.multikey.has(path));
    if (fresh.length > 0) {
      fresh.forEach((path) => index.multikey.add(path));
      this.#save(this);
    }
    return entries;
  }

  /** What a stored document has in each of these indexes; only the fields that they look at are read. */
  #storedEntries({ id, bytes }: Stored, indexes: readonly Index[]): Entry[][] {
    const names = new FieldNames(indexes.flatMap(({ dependsOn }) => [...dependsOn]));
    const document = parseFields(bytes, names);
    return indexes.map((index) => this.#entries(index, document, id));
  }

  #checkUnique(index: Index, document: Document, id: Buffer, entries: readonly Entry[]): void {
    if (!index.unique) return;
    for (const { key, value } of entries) {
      const values = key.subarray(0, value.readUInt16BE());
      for (const other of scan(this.#storage.entries, startingWith(values))) {
        if (!other.key.subarray(values.length).equals(id)) {
          throw duplicateKey(this.namespace, index, document, values.subarray(4));
        }
      }
    }
  }
}

/** Encodes an `_id`, refusing the types that MongoDB refuses. */
export function encodeId(id: Value): Buffer {
  const type = typeOf(id);
  if (type === 'array' || type === 'regex' || type === 'undefined') {
    throw new MongoError(2, `The '_id' value cannot be of type ${type}`);
  }
  const encoded = encodeValue(id);
  checkKeyLength(encoded, '_id');
  return encoded;
}

function withId(document: Document): Document {
  if (Object.keys(document)[0] === '_id') return document;
  const { _id: id, ...fields } = document;
  return { _id: Object.hasOwn(document, '_id') ? id : new ObjectId(), ...fields };
}

function meet(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  for (const each of right) if (left.has(each)) return true;
  return false;
}
