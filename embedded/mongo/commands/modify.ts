import { MongoError } from '../errors.ts';
import { run } from '../query/run.ts';
import type { Collection } from '../storage/collection.ts';
import { fromNumber } from '../values/numbers.ts';
import type { Document } from '../values/values.ts';
import { change, changeOf, existingOrNew, upsert } from './change.ts';
import { type Command, define, documentField, textField } from './command.ts';
import { projectionOf } from './read.ts';

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
    const { document } = change(collection, found.stored, wanted);
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

export const MODIFY_COMMANDS: Readonly<Record<string, Command>> = {
  findAndModify,
  findandmodify: findAndModify,
};
