import { parseFilter } from '../query/filter.ts';
import type { Query } from '../query/run.ts';
import { parseOrder } from '../query/sorting.ts';
import type { Collection, Stored } from '../storage/collection.ts';
import { parseArrayFilters } from '../update/paths.ts';
import {
  applyUpdate,
  changedFields,
  parseUpdate,
  seedOf,
  type Update,
  type UpdateContext,
} from '../update/update.ts';
import { type Document, parseDocument, type Value } from '../values/values.ts';
import { checkCollation, type CommandContext, documentField, documentList, textField } from './command.ts';
import { collectionOf, hintOf } from './read.ts';

/** One update of a document, parsed. */
export interface Change {
  readonly query: Query;
  readonly update: Update;
  readonly context: UpdateContext;
  readonly upsert: boolean;
}

/** Parses what `update` and `findAndModify` have in common. */
export function changeOf(
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

/** What an update made of a document. */
interface Changed {
  readonly modified: boolean;
  readonly document: Document;
}

/** Applies an update to one stored document. */
export function change(collection: Collection, stored: Stored, { update, context }: Change): Changed {
  const document = applyUpdate(parseDocument(stored.bytes), update, context);
  return { modified: collection.replace(stored, document, changedFields(update)), document };
}

/** Inserts what the equality conditions of the filter and the update make together. */
export function upsert(collection: Collection, { query, update, context }: Change): Document {
  const seed = seedOf(query.filter);
  const start = update.kind === 'replace' ? ('_id' in seed ? { _id: seed['_id'] } : {}) : seed;
  return collection.insert(applyUpdate(start, update, { ...context, inserting: true }));
}

/** The collection of a command; made, if it may be. */
export function existingOrNew(
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
