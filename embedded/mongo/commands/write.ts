import { MongoError } from '../errors.ts';
import { parseFilter } from '../query/filter.ts';
import { type Found, type Query, run } from '../query/run.ts';
import { parseOrder } from '../query/sorting.ts';
import type { Collection } from '../storage/collection.ts';
import { parseArrayFilters } from '../update/paths.ts';
import { applyUpdate, parseUpdate, seedOf, type Update, type UpdateContext } from '../update/update.ts';
import { fromNumber, toNumber } from '../values/numbers.ts';
import { type Document, isNumber, parseDocument, type Value } from '../values/values.ts';
import {
  checkCollation,
  type Command,
  type CommandContext,
  define,
  documentField,
  documentList,
  textField,
} from './command.ts';
import { collectionOf, hintOf, projectionOf } from './read.ts';

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

/** One update of a document, parsed. */
interface Change {
  readonly query: Query;
  readonly update: Update;
  readonly context: UpdateContext;
  readonly upsert: boolean;
}

function changeOf(
  collection: Collection | undefined,
  item: Document,
  filterName: string,
  update: Value,
): Change {
  checkCollation(item);
  const arrayFilters = parseArrayFilters(documentList(item, 'arrayFilters'));
  const filter = parseFilter(documentField(item, filterName));
  return {
    query: {
      filter,
      sort: parseOrder(documentField(item, 'sort'), 'sort'),
      skip: 0,
      limit: 1,
      hint: hintOf(item['hint'], collection),
    },
    update: parseUpdate(update, arrayFilters),
    context: { arrayFilters, filter, inserting: false },
    upsert: item['upsert'] === true,
  };
}

interface Changed {
  readonly modified: boolean;
  readonly document: Document;
}

function change(collection: Collection, { stored }: Found, { update, context }: Change): Changed {
  const document = applyUpdate(parseDocument(stored.bytes), update, context);
  return { modified: collection.replace(stored, document), document };
}

/** Inserts what the equality conditions of the filter and the update make together. */
function upsert(collection: Collection, { query, update, context }: Change): Document {
  const seed = seedOf(query.filter);
  const start = update.kind === 'replace' ? ('_id' in seed ? { _id: seed['_id'] } : {}) : seed;
  return collection.insert(applyUpdate(start, update, { ...context, inserting: true }));
}

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

function existingOrNew(
  context: CommandContext,
  command: Document,
  name: string,
  make: boolean,
): Collection | undefined {
  return (
    collectionOf(context, command, name) ??
    (make ? context.catalog.make(textField(command, '$db'), name) : undefined)
  );
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
  const ids = placesOf(collection, { ...wanted.query, limit: multi ? 0 : 1 });
  for (const id of ids) {
    const stored = collection.read(id);
    if (!stored) continue;
    const { modified } = change(collection, { stored, document: {} }, wanted);
    totals.matched += 1;
    if (modified) totals.modified += 1;
  }
  return ids.length === 0 && wanted.upsert ? { value: upsert(collection, wanted)['_id'] } : undefined;
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

const MODIFY_FIELDS = [
  'query',
  'sort',
  'remove',
  'update',
  'new',
  'fields',
  'upsert',
  'arrayFilters',
  'hint',
  'collation',
  'bypassDocumentValidation',
];

/** Finds one document and removes or changes it, in one step. Answers what was there, or with `new` what is. */
const findAndModify = define(MODIFY_FIELDS, (command, context) => {
  const name = textField(command, 'findAndModify' in command ? 'findAndModify' : 'findandmodify');
  const project = projectionOf(documentField(command, 'fields'));
  return context.storage.write(() => {
    checkModify(command);
    const collection = existingOrNew(context, command, name, command['upsert'] === true);
    if (!collection) {
      return modified(
        { n: fromNumber(0), ...(command['remove'] !== true && { updatedExisting: false }) },
        null,
      );
    }
    const { answer, value } =
      command['remove'] === true ? takeOne(collection, command) : modifyOne(collection, command);
    return modified(answer, value && project ? project(value) : value);
  });
});

/** What is wrong with a command is told also when there is nothing to find. */
function checkModify(command: Document): void {
  const removes = command['remove'] === true;
  if (removes && command['update'] !== undefined) {
    throw new MongoError(9, 'Cannot specify both an update and remove=true');
  }
  changeOf(undefined, command, 'query', removes ? {} : command['update']);
}

const modified = (lastErrorObject: Document, value: Document | null): Document => ({
  lastErrorObject,
  value,
});

interface Modified {
  readonly answer: Document;
  readonly value: Document | null;
}

function takeOne(collection: Collection, command: Document): Modified {
  const { query } = changeOf(collection, { ...command, upsert: false }, 'query', {});
  const [found] = run(collection, query);
  if (!found) return { answer: { n: fromNumber(0) }, value: null };
  collection.remove(found.stored);
  return { answer: { n: fromNumber(1) }, value: found.document };
}

function modifyOne(collection: Collection, command: Document): Modified {
  const wanted = changeOf(collection, command, 'query', command['update']);
  const wantsNew = command['new'] === true;
  const [found] = run(collection, wanted.query);
  if (found) {
    const { document } = change(collection, found, wanted);
    return {
      answer: { n: fromNumber(1), updatedExisting: true },
      value: wantsNew ? document : found.document,
    };
  }
  if (!wanted.upsert) return { answer: { n: fromNumber(0), updatedExisting: false }, value: null };
  const inserted = upsert(collection, wanted);
  const answer = { n: fromNumber(1), updatedExisting: false, upserted: inserted['_id'] };
  return { answer, value: wantsNew ? inserted : null };
}

export const WRITE_COMMANDS: Readonly<Record<string, Command>> = {
  insert,
  update,
  delete: remove,
  findAndModify,
  findandmodify: findAndModify,
};
