import { Int32, Long } from 'bson';

import { MongoError } from '../errors.ts';
import { describeIndex, type Index, readIndex, sameIndex } from '../index/description.ts';
import { parseFilter } from '../query/filter.ts';
import { matches } from '../query/matcher.ts';
import type { Catalog } from '../storage/catalog.ts';
import type { Collection } from '../storage/collection.ts';
import { fromNumber } from '../values/numbers.ts';
import { type Document, isDocument, sameValue, type Value } from '../values/values.ts';
import { checkCollation, type Command, define, documentField, documentList, textField } from './command.ts';
import { collectionOf } from './read.ts';

const create = define(['collation'], (command, { storage, catalog }) => {
  checkCollation(command);
  return storage.write(() => {
    catalog.make(textField(command, '$db'), textField(command, 'create'));
    return {};
  });
});

const drop = define([], (command, context) =>
  context.storage.write(() => {
    const collection = collectionOf(context, command, textField(command, 'drop'));
    if (!collection) return {};
    const nIndexesWas = fromNumber(collection.indexes.length);
    context.catalog.drop(collection);
    return { nIndexesWas, ns: collection.namespace };
  }),
);

const dropDatabase = define([], (command, { storage, catalog }) =>
  storage.write(() => {
    const database = textField(command, '$db');
    for (const collection of catalog.list(database)) catalog.drop(collection);
    return { dropped: database };
  }),
);

const createIndexes = define(['indexes', 'commitQuorum'], (command, { storage, catalog }) => {
  const wanted = documentList(command, 'indexes').map((description) => readIndex(description));
  if (wanted.length === 0) throw new MongoError(2, 'Must specify at least one index to create');
  return storage.write(() => {
    const database = textField(command, '$db');
    const name = textField(command, 'createIndexes');
    const createdCollectionAutomatically = !catalog.find(database, name);
    const collection = catalog.make(database, name);
    const numIndexesBefore = fromNumber(collection.indexes.length);
    for (const index of wanted) addIndex(catalog, collection, index);
    return {
      numIndexesBefore,
      numIndexesAfter: fromNumber(collection.indexes.length),
      createdCollectionAutomatically,
    };
  });
});

function addIndex(catalog: Catalog, collection: Collection, index: Index): void {
  if (sameValue(index.key, { _id: new Int32(1) })) return;
  const sameName = collection.indexes.find(({ name }) => name === index.name);
  if (sameName && sameIndex(sameName, index)) return;
  if (sameName) {
    throw new MongoError(
      86,
      `An existing index has the same name as the requested index: ${index.name}, with another key or options`,
    );
  }
  const filterOf = ({ partial }: Index): Value => partial?.document ?? null;
  const sameKey = collection.indexes.find(
    (other) => sameValue(other.key, index.key) && sameValue(filterOf(other), filterOf(index)),
  );
  if (sameKey) {
    throw new MongoError(85, `Index already exists with a different name or other options: ${sameKey.name}`);
  }
  collection.addIndex({ ...index, id: catalog.nextId() });
}

const dropIndexes = define(['index'], (command, context) =>
  context.storage.write(() => {
    const name = textField(command, 'dropIndexes');
    const collection = collectionOf(context, command, name);
    if (!collection) throw new MongoError(26, `ns not found ${textField(command, '$db')}.${name}`);
    const nIndexesWas = fromNumber(collection.indexes.length);
    for (const index of indexesToDrop(collection, command['index'])) collection.removeIndex(index);
    return { nIndexesWas };
  }),
);

function indexesToDrop(collection: Collection, wanted: Value): Index[] {
  if (wanted === '*') return collection.indexes.filter(({ name }) => name !== '_id_');
  if (Array.isArray(wanted)) return wanted.flatMap((item) => indexesToDrop(collection, item));
  const index = collection.indexes.find(({ name, key }) =>
    isDocument(wanted) ? sameValue(key, wanted) : name === wanted,
  );
  if (!index) {
    throw new MongoError(
      27,
      `index not found with name or key [${typeof wanted === 'string' ? wanted : 'key'}]`,
    );
  }
  if (index.name === '_id_') throw new MongoError(72, 'cannot drop _id index');
  return [index];
}

const listing = (namespace: string, firstBatch: Document[]): object => ({
  cursor: { id: Long.ZERO, ns: namespace, firstBatch },
});

const listIndexes = define(['cursor'], (command, context) => {
  const name = textField(command, 'listIndexes');
  const collection = collectionOf(context, command, name);
  if (!collection) throw new MongoError(26, `ns does not exist: ${textField(command, '$db')}.${name}`);
  return listing(collection.namespace, collection.indexes.map(describeIndex));
});

const listCollections = define(
  ['filter', 'nameOnly', 'authorizedCollections', 'cursor'],
  (command, { catalog }) => {
    const database = textField(command, '$db');
    const filter = parseFilter(documentField(command, 'filter'));
    const nameOnly = command['nameOnly'] === true;
    const described = catalog.list(database).map(({ name, indexes }): Document => {
      const details = { options: {}, info: { readOnly: false }, idIndex: describeIndex(indexes[0] as Index) };
      return { name, type: 'collection', ...(!nameOnly && details) };
    });
    return listing(
      `${database}.$cmd.listCollections`,
      described.filter((document) => matches(filter, document)),
    );
  },
);

const listDatabases = define(['filter', 'nameOnly', 'authorizedDatabases'], (command, { catalog }) => {
  const filter = parseFilter(documentField(command, 'filter'));
  const names = [...new Set(catalog.list().map(({ database }) => database))];
  return {
    databases: names.map((name): Document => ({ name })).filter((document) => matches(filter, document)),
  };
});

export const SCHEMA_COMMANDS: Readonly<Record<string, Command>> = {
  create,
  drop,
  dropDatabase,
  createIndexes,
  dropIndexes,
  listIndexes,
  listCollections,
  listDatabases,
};
