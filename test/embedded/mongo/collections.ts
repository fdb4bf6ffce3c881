import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll } from '@jest/globals';

import { readIndex } from '../../../embedded/mongo/index/description.ts';
import type { Costs } from '../../../embedded/mongo/query/candidates.ts';
import { parseFilter } from '../../../embedded/mongo/query/filter.ts';
import { type Query, run } from '../../../embedded/mongo/query/run.ts';
import { parseOrder } from '../../../embedded/mongo/query/sorting.ts';
import { Catalog } from '../../../embedded/mongo/storage/catalog.ts';
import type { Collection } from '../../../embedded/mongo/storage/collection.ts';
import { Storage } from '../../../embedded/mongo/storage/storage.ts';
import {
  type Document,
  parseDocument,
  type Value,
  writeDocument,
} from '../../../embedded/mongo/values/values.ts';

/** Collections in this process, on files of their own, for the tests of one file. */
export interface Collections {
  /** A new collection with these indexes and documents. */
  readonly make: (documents: readonly object[], indexes?: readonly object[]) => Promise<Collection>;
  readonly write: <T>(action: () => T) => Promise<T>;
}

export function useCollections(): Collections {
  let folder = '';
  let storage: Storage | undefined;
  let catalog: Catalog | undefined;
  let made = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'embedded-mongo-'));
    storage = new Storage(folder);
    catalog = new Catalog(storage);
  });
  afterAll(async () => {
    await storage?.close();
    await rm(folder, { recursive: true, force: true });
  });
  const write = <T>(action: () => T): Promise<T> => {
    if (!storage) throw new Error('The files are open only while tests run');
    return storage.write(action);
  };
  const make = (documents: readonly object[], indexes: readonly object[] = []): Promise<Collection> =>
    write(() => {
      made += 1;
      const collection = (catalog as Catalog).make('test', `rows${made}`);
      // Every other index is made before the documents come, the others are filled from what is there.
      const add = (wanted: readonly object[]): void => {
        for (const description of wanted) {
          collection.addIndex({ ...readIndex(toValues(description)), id: (catalog as Catalog).nextId() });
        }
      };
      add(indexes.filter((_index, at) => at % 2 === 0));
      for (const document of documents) collection.insert(toValues(document));
      add(indexes.filter((_index, at) => at % 2 === 1));
      return collection;
    });
  return { make, write };
}

/** A document of JavaScript values as it comes over the wire. */
export const toValues = (document: object): Document => parseDocument(writeDocument(document));

export interface Asked {
  readonly filter?: object;
  readonly sort?: object;
  readonly skip?: number;
  readonly limit?: number;
  readonly hint?: string;
}

export const queryOf = ({ filter = {}, sort = {}, skip = 0, limit = 0, hint }: Asked): Query => ({
  filter: parseFilter(toValues(filter)),
  sort: parseOrder(toValues(sort), 'sort'),
  skip,
  limit,
  hint,
});

/** What a query finds and what it cost. */
export function ask(collection: Collection, asked: Asked): { found: Document[]; costs: Costs } {
  const costs = { keys: 0, documents: 0 };
  const found = [...run(collection, queryOf(asked), costs)].map(({ document }) => document);
  return { found, costs };
}

export const idsOf = (documents: readonly Document[]): Value[] => documents.map(({ _id }) => _id);
