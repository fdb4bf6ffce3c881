import { randomBytes } from 'node:crypto';

import { afterAll, beforeAll } from '@jest/globals';
import mongoose from 'mongoose';

import { startEmbeddedMongo } from '../../support/embedded-mongo.ts';

export type Row = Record<string, unknown>;
type Id = string | number | mongoose.mongo.ObjectId | { k: number; v?: number };
/** A document as the driver's types want it: with an `_id` of the kinds that the tests use. */
export interface StoredRow extends Row {
  _id?: Id;
}
export type Rows = mongoose.mongo.Collection<StoredRow>;

/** A database of its own for one test file, on MONGODB_URI or on an embedded server. */
export interface ContractDatabase {
  readonly connection: mongoose.Connection;
  /** An empty collection with these documents in it; each call gives another one. */
  readonly collection: (documents?: readonly Row[]) => Promise<Rows>;
  /** The raw answer of the server to a command. */
  readonly command: (command: Row) => Promise<Row>;
}

/** Opens the database before the tests of the calling file and drops it after them. */
export function useDatabase(): ContractDatabase {
  let connection: mongoose.Connection | undefined;
  let stop = async (): Promise<void> => undefined;
  let made = 0;
  const opened = (): mongoose.Connection => {
    if (!connection) throw new Error('The database is open only while tests run');
    return connection;
  };
  beforeAll(async () => {
    let uri = process.env['MONGODB_URI'];
    if (uri === undefined) {
      const server = await startEmbeddedMongo();
      uri = server.uri;
      stop = () => server.stop();
    }
    const dbName = `contract_${randomBytes(6).toString('hex')}`;
    connection = await mongoose.createConnection(uri, { dbName }).asPromise();
  });
  afterAll(async () => {
    await connection?.dropDatabase();
    await connection?.close();
    await stop();
  });
  return {
    get connection() {
      return opened();
    },
    collection: async (documents = []) => {
      made += 1;
      const rows = opened().getClient().db(opened().name).collection<StoredRow>(`rows${made}`);
      if (documents.length > 0) await rows.insertMany([...(documents as StoredRow[])]);
      return rows;
    },
    command: (command) => opened().getClient().db(opened().name).command(command),
  };
}

/** The `_id`s of documents, in their order. */
export const ids = (rows: readonly Row[]): unknown[] => rows.map(({ _id }) => _id);

/** The number of the error that a promise is rejected with; fails if it is not rejected. */
export async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  throw new Error('The operation succeeded, an error was expected');
}

/** An update whose fields the driver's types cannot know. */
export const changes = (update: Row): Row => update;
