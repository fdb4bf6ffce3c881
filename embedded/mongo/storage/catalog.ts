import { Int32, Long } from 'bson';

import { MongoError } from '../errors.ts';
import { describeIndex, type Index, readIndex } from '../index/description.ts';
import type { NumberValue } from '../values/numbers.ts';
import { toNumber } from '../values/numbers.ts';
import { type Document, isDocument, parseDocument, type Value, writeDocument } from '../values/values.ts';
import { Collection } from './collection.ts';
import { prefixOf, scan, type Storage } from './storage.ts';

const NEXT_ID = Buffer.from('\u0000next');
const LONGEST_NAME = 255; // bytes of `database.collection`, as in MongoDB

/** What collections exist, with their indexes: in memory, and in the `catalog` table under `database\0name`. */
export class Catalog {
  readonly #storage: Storage;
  readonly #collections = new Map<string, Collection>();

  constructor(storage: Storage) {
    this.#storage = storage;
    this.reload();
  }

  /** Reads everything anew from the file, for instance after a commit that failed. */
  reload(): void {
    this.#collections.clear();
    for (const { key, value } of scan(this.#storage.catalog, {
      low: Buffer.from([1]),
      high: Buffer.from([255]),
    })) {
      const [database = '', name = ''] = key.toString().split('\u0000');
      const { id, indexes } = parseDocument(value);
      const specs = (indexes as Value[]).filter(isDocument).map(readStored);
      const save = (collection: Collection): void => this.save(collection);
      this.#collections.set(
        key.toString(),
        new Collection(this.#storage, save, {
          database,
          name,
          id: toNumber(id as NumberValue),
          indexes: specs,
        }),
      );
    }
  }

  find(database: string, name: string): Collection | undefined {
    return this.#collections.get(keyOf(database, name));
  }

  list(database?: string): Collection[] {
    const all = [...this.#collections.values()];
    return database === undefined ? all : all.filter((collection) => collection.database === database);
  }

  /** The collection, made with its `_id` index if it does not exist. Only inside `Storage.write`. */
  make(database: string, name: string): Collection {
    const present = this.find(database, name);
    if (present) return present;
    checkName(database, name);
    const index = readIndex(
      { key: { _id: new Int32(1) }, name: '_id_' },
      { id: this.nextId(), multikey: [] },
    );
    const save = (collection: Collection): void => this.save(collection);
    const collection = new Collection(this.#storage, save, {
      database,
      name,
      id: this.nextId(),
      indexes: [index],
    });
    this.save(collection);
    this.#collections.set(keyOf(database, name), collection);
    return collection;
  }

  save(collection: Collection): void {
    const { database, name, id, indexes } = collection;
    const stored = { id: toValue(id), indexes: indexes.map((index) => describeStored(index)) };
    this.#storage.catalog.putSync(Buffer.from(keyOf(database, name)), Buffer.from(writeDocument(stored)));
  }

  /** Removes a collection with all it holds. Only inside `Storage.write`. */
  drop(collection: Collection): void {
    const key = keyOf(collection.database, collection.name);
    collection.clear();
    this.#storage.catalog.removeSync(Buffer.from(key));
    this.#collections.delete(key);
  }

  /** A number that no collection or index had before. Only inside `Storage.write`. */
  nextId(): number {
    const stored = this.#storage.catalog.get(NEXT_ID);
    const id = (stored ? stored.readUInt32BE() : 0) + 1;
    this.#storage.catalog.putSync(NEXT_ID, prefixOf(id));
    return id;
  }
}

const keyOf = (database: string, name: string): string => `${database}\u0000${name}`;
const toValue = (number: number): Long => Long.fromNumber(number);

function describeStored(index: Index): Document {
  return { index: describeIndex(index), id: toValue(index.id), multikey: [...index.multikey] };
}

const readStored = ({ index, id, multikey }: Document): Index =>
  readIndex(index as Document, {
    id: toNumber(id as NumberValue),
    multikey: (multikey as Value[]).map(String),
  });

function checkName(database: string, name: string): void {
  if (!/^[^/\\. "$*<>:|?]{1,63}$/.test(database) || database.includes('\u0000')) {
    throw new MongoError(73, `Invalid database name: '${database}'`);
  }
  const bad = name === '' || name.includes('$') || name.includes('\u0000') || name.startsWith('system.');
  if (
    bad ||
    name.startsWith('.') ||
    name.endsWith('.') ||
    Buffer.byteLength(`${database}.${name}`) > LONGEST_NAME
  ) {
    throw new MongoError(73, `Invalid collection name: '${name}'`);
  }
}
