import { MongoError, refuse } from '../errors.ts';
import type { Cursors } from '../query/cursors.ts';
import type { Catalog } from '../storage/catalog.ts';
import type { Storage } from '../storage/storage.ts';
import { toNumber } from '../values/numbers.ts';
import { type Document, isDocument, isNumber, type Value } from '../values/values.ts';

/** What every command works on. */
export interface CommandContext {
  readonly storage: Storage;
  readonly catalog: Catalog;
  readonly cursors: Cursors;
  /** The present time in milliseconds. */
  readonly now: () => number;
}

/** The connection that a command came by. */
export interface Session {
  readonly connectionId: number;
}

/** A command; it returns the fields of its answer besides `ok`. */
export type Command = (
  command: Document,
  context: CommandContext,
  session: Session,
) => object | Promise<object>;

/** Fields that every command may have and that change nothing here: there is one server and it is always durable. */
const COMMON = [
  '$db',
  'lsid',
  '$clusterTime',
  '$readPreference',
  'readConcern',
  'writeConcern',
  'comment',
  'maxTimeMS',
];

/** Defines a command with the fields it understands; any other field is refused by name. */
export function define(fields: readonly string[], run: Command): Command {
  const known = new Set([...fields, ...COMMON]);
  return (command, context, session) => {
    const [name = ''] = Object.keys(command);
    if ('txnNumber' in command || 'startTransaction' in command || 'autocommit' in command) {
      throw new MongoError(20, 'Transaction numbers are only allowed on a replica set member or mongos');
    }
    const unknown = Object.keys(command).find((field) => field !== name && !known.has(field));
    if (unknown) throw refuse(`The field '${unknown}' of the command ${name}`, 40415);
    checkConcerns(command);
    return run(command, context, session);
  };
}

function checkConcerns({ readConcern, writeConcern }: Document): void {
  const level = isDocument(readConcern) ? (readConcern['level'] ?? 'local') : 'local';
  if (level !== 'local' && level !== 'majority' && level !== 'available') {
    throw refuse(`The read concern '${text(level)}'`, 72);
  }
  const w = isDocument(writeConcern) ? writeConcern['w'] : undefined;
  if (isNumber(w) && toNumber(w) > 1) {
    throw new MongoError(2, 'cannot use a write concern above 1 on a standalone server');
  }
  if (w !== undefined && !isNumber(w) && w !== 'majority') throw refuse(`The write concern '${text(w)}'`, 72);
}

const text = (value: Value): string => (typeof value === 'string' ? value : typeof value);

/** A field that must be a document; absent gives an empty one. */
export function documentField(command: Document, name: string): Document {
  const value = command[name];
  if (value === undefined || value === null) return {};
  if (!isDocument(value)) {
    throw new MongoError(14, `BSON field '${name}' is the wrong type, expected type 'object'`);
  }
  return value;
}

/** A field that must be a list of documents; absent gives an empty list. */
export function documentList(command: Document, name: string): Document[] {
  const value = command[name] ?? [];
  if (!Array.isArray(value) || !value.every(isDocument)) {
    throw new MongoError(14, `BSON field '${name}' is the wrong type, expected an array of objects`);
  }
  return value;
}

/** A field that must be a whole number; absent gives `otherwise`. */
export function numberField(command: Document, name: string, otherwise = 0): number {
  const value = command[name];
  if (value === undefined || value === null) return otherwise;
  const number = isNumber(value) ? toNumber(value) : NaN;
  if (!Number.isSafeInteger(number)) throw new MongoError(14, `BSON field '${name}' must be a whole number`);
  return number;
}

export function textField(command: Document, name: string): string {
  const value = command[name];
  if (typeof value !== 'string') throw new MongoError(73, `BSON field '${name}' must be a string`);
  return value;
}

/** When the command gives up, in milliseconds of the clock; undefined without `maxTimeMS`. */
export function deadlineOf(command: Document): number | undefined {
  const time = numberField(command, 'maxTimeMS');
  return time > 0 ? Date.now() + time : undefined;
}

/** Only MongoDB's own order of text is known. */
export function checkCollation(command: Document): void {
  const { collation } = command;
  if (collation === undefined || (isDocument(collation) && Object.keys(collation).length === 0)) return;
  if (isDocument(collation) && collation['locale'] === 'simple') return;
  throw refuse('A collation');
}
