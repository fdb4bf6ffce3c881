import { MongoError } from '../errors.ts';
import { parseFilter } from '../query/filter.ts';
import { type Query, run } from '../query/run.ts';
import type { Collection, Stored } from '../storage/collection.ts';
import { fromNumber, toNumber } from '../values/numbers.ts';
import { type Document, isNumber, type Value } from '../values/values.ts';
import { change, changeOf, existingOrNew, upsert } from './change.ts';
import {
  checkCollation,
  type Command,
  type CommandContext,
  define,
  documentField,
  documentList,
  textField,
} from './command.ts';
import { collectionOf, hintOf } from './read.ts';

/** An error of one of several writes in a command. */
const writeError = (index: number, error: unknown): Document => {
  if (!(error instanceof MongoError)) throw error;
  return {
    index: fromNumber(index),
    code: fromNumber(error.code),
    errmsg: error.message,
    ...(error.details as Document),
  };
};

/** Runs each write; the first error ends an ordered list, an unordered one goes on. */
function each(
  command: Document,
  list: readonly Document[],
  write: (item: Document, index: number) => void,
): Document[] {
  const errors: Document[] = [];
  for (const [index, item] of list.entries()) {
    try {
      write(item, index);
    } catch (error) {
      errors.push(writeError(index, error));
      if (command['ordered'] !== false) break;
    }
  }
  return errors;
}

const withErrors = (reply: Document, writeErrors: Document[]): Document =>
  writeErrors.length > 0 ? { ...reply, writeErrors } : reply;

const insert = define(
  ['documents', 'ordered', 'bypassDocumentValidation'],
  (command, { storage, catalog }) => {
    const name = textField(command, 'insert');
    const documents = documentList(command, 'documents');
    return storage.write(() => {
      const collection = catalog.make(textField(command, '$db'), name);
      let n = 0;
      const errors = each(command, documents, (document) => {
        collection.insert(document);
        n += 1;
      });
      return withErrors({ n: fromNumber(n) }, errors);
    });
  },
);

const UPDATE_FIELDS = ['q', 'u', 'multi', 'upsert', 'arrayFilters', 'hint', 'collation', 'sort'];

const update = define(['updates', 'ordered', 'bypassDocumentValidation'], (command, context) => {
  const updates = documentList(command, 'updates');
  return context.storage.write(() => {
    const totals = { matched: 0, modified: 0 };
    const upserted: Document[] = [];
    const errors = each(command, updates, (item, index) => {
      checkFields('update', item, UPDATE_FIELDS);
      const id = updateBy(context, command, item, totals);
      if (id) upserted.push({ index: fromNumber(index), _id: id.value });
    });
    const n = fromNumber(totals.matched + upserted.length);
    const reply = { n, nModified: fromNumber(totals.modified), ...(upserted.length > 0 && { upserted }) };
    return withErrors(reply, errors);
  });
});

function checkFields(name: string, item: Document, known: readonly string[]): void {
  const unknown = Object.keys(item).find((field) => !known.includes(field));
  if (unknown) {
    throw new MongoError(40415, `BSON field '${name}.${unknown}' is not supported by the embedded server`);
  }
}

/** Runs one update statement; returns the `_id` of what it inserted. */
function updateBy(
  context: CommandContext,
  command: Document,
  item: Document,
  totals: { matched: number; modified: number },
): { value: Value } | undefined {
  const name = textField(command, 'update');
  const wanted = changeOf(collectionOf(context, command, name), item, 'q', item['u']);
  const multi = item['multi'] === true;
  if (multi && wanted.update.kind === 'replace') {
    throw new MongoError(9, 'multi update is not supported for replacement-style update');
  }
  const collection = existingOrNew(context, command, name, wanted.upsert);
  if (!collection) return undefined;
  const before = totals.matched;
  const apply = (stored: Stored | undefined): void => {
    if (!stored) return;
    if (change(collection, stored, wanted).modified) totals.modified += 1;
    totals.matched += 1;
  };
  if (multi) {
    for (const id of placesOf(collection, { ...wanted.query, limit: 0 })) apply(collection.read(id));
  } else {
    const [found] = run(collection, wanted.query);
    apply(found?.stored);
  }
  const isNew = totals.matched === before && wanted.upsert;
  return isNew ? { value: upsert(collection, wanted)['_id'] } : undefined;
}

/** Where the documents of a query are, collected first: a change may move a document within the index that is read. */
const placesOf = (collection: Collection, query: Query): Buffer[] =>
  Array.from(run(collection, query), ({ stored }) => stored.id);

const remove = define(['deletes', 'ordered'], (command, context) => {
  const deletes = documentList(command, 'deletes');
  return context.storage.write(() => {
    let n = 0;
    const collection = collectionOf(context, command, textField(command, 'delete'));
    const errors = each(command, deletes, (item) => {
      checkFields('delete', item, ['q', 'limit', 'hint', 'collation']);
      checkCollation(item);
      const filter = parseFilter(documentField(item, 'q'));
      const limit = isNumber(item['limit']) ? toNumber(item['limit']) : NaN;
      if (limit !== 0 && limit !== 1) {
        throw new MongoError(9, 'The limit field in delete objects must be 0 or 1');
      }
      if (!collection) return;
      const query = { filter, sort: [], skip: 0, limit, hint: hintOf(item['hint'], collection) };
      const ids = placesOf(collection, query);
      for (const id of ids) {
        const stored = collection.read(id);
        if (stored) collection.remove(stored);
      }
      n += ids.length;
    });
    return withErrors({ n: fromNumber(n) }, errors);
  });
});

export const WRITE_COMMANDS: Readonly<Record<string, Command>> = {
  insert,
  update,
  delete: remove,
};
