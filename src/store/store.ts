/** The databases: opened once, models by declared collection, indexes made at the start. */
import mongoose, { type Connection } from 'mongoose';

import type { Clock, Random } from '../ops/clock.ts';
import { SafeError } from '../ops/log.ts';
import { Batches } from './batches.ts';
import { type BaseRow, type Collection, indexesOf } from './collection.ts';
import { repairDriver } from './driver-repair.ts';
import { isRefusedLogin } from './errors.ts';
import { Keyring, Keys } from './keyring.ts';
import type { MasterKey } from './master-key.ts';
import { buildModel, type ScopedModel } from './model.ts';
import { databaseUri } from './uri.ts';

/** Longest wait for a server: 5 s, so that a worker sees an outage as one and answers are 503, not silence. */
const SERVER_WAIT_MS = 5_000;
/** A connection on which nothing has come for so long after a command is given up: a lane must not wait for ever. */
const SILENCE_MS = 60_000;
/** Longest wait for the answer that tells whether the database is there. */
const PING_MS = 2_000;

interface StoreOptions {
  uri: string;
  /** Database of the keys; by default the main one's name with `_keys`. */
  keysUri?: string | undefined;
  master: MasterKey;
  clock: Clock;
  random: Random;
  /** Every collection of the product; others can't be opened. */
  collections: Collection<BaseRow>[];
}

/** Until the database has answered once and proven the master key, nothing is read or written. */
class NotConnectedError extends Error {
  /** Named as the driver's, so that whoever tells an outage from a fault takes it for one. */
  override name = 'MongoNotConnectedError';
}

export class Store {
  readonly #keyring: Keyring;
  readonly #batches: Batches;
  readonly #options: StoreOptions;
  readonly #main: Connection;
  readonly #keys: Connection;
  readonly #collections: Collection<BaseRow>[];
  readonly #models = new Map<string, ScopedModel<BaseRow>>();
  #isProven = false;
  #isRefused = false;

  /** Asks no server for anything: see `connect`. */
  constructor(options: StoreOptions) {
    repairDriver();
    this.#options = options;
    this.#main = mongoose.createConnection();
    this.#keys = mongoose.createConnection();
    this.#collections = [...options.collections, Keys];
    for (const collection of this.#collections) {
      const connection = collection.database === 'keys' ? this.#keys : this.#main;
      this.#models.set(collection.name, buildModel(connection, collection));
    }
    const { master, clock, random } = options;
    this.#batches = new Batches((collection) => this.#modelOf(collection), clock);
    const model = this.#modelOf(Keys);
    this.#keyring = new Keyring({ model, batches: this.#batches, master, clock, random });
  }

  /** A connected store. */
  static async open(options: StoreOptions): Promise<Store> {
    const store = new Store(options);
    try {
      await store.connect();
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /** Connects, makes missing indexes, and proves the master key. May be tried again after an outage. @throws SealError for another key */
  async connect(): Promise<void> {
    const { uri, keysUri } = this.#options;
    try {
      await open(this.#main, databaseUri(uri));
      await open(this.#keys, keysUri ?? databaseUri(uri, '_keys'));
      await this.#ensureIndexes();
      await this.#keyring.verifyMasterKey();
      this.#isProven = true;
      this.#isRefused = false;
    } catch (error) {
      this.#isRefused = isRefusedLogin(error);
      throw error;
    }
  }

  /** When it was last asked, the database answered that it does not let us in. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** The master key is the one that this database was made with. */
  get isProven(): boolean {
    return this.#isProven;
  }

  get keyring(): Keyring {
    this.#mustBeProven();
    return this.#keyring;
  }

  /** Reads and writes of parallel lanes, together. */
  get batches(): Batches {
    this.#mustBeProven();
    return this.#batches;
  }

  model<Row extends BaseRow>(collection: Collection<Row>): ScopedModel<Row> {
    this.#mustBeProven();
    return this.#modelOf(collection);
  }

  #mustBeProven(): void {
    if (!this.#isProven) throw new NotConnectedError('The database has not answered yet.');
  }

  #modelOf<Row extends BaseRow>(collection: Collection<Row>): ScopedModel<Row> {
    const model = this.#models.get(collection.name);
    if (!model) {
      throw new SafeError(`The collection ${collection.name} is missing from the list of collections.`);
    }
    return model as unknown as ScopedModel<Row>;
  }

  /** True when the database answers now. */
  async isReachable(): Promise<boolean> {
    if (!this.#isProven) return false;
    try {
      await this.#main
        .getClient()
        .db()
        .command({ ping: 1 }, { signal: AbortSignal.timeout(PING_MS) });
      this.#isRefused = false;
      return true;
    } catch (error) {
      this.#isRefused = isRefusedLogin(error);
      return false;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#main.close(), this.#keys.close()]);
  }

  /** For tests that own their database. */
  async drop(): Promise<void> {
    await Promise.all([this.#main.dropDatabase(), this.#keys.dropDatabase()]);
  }

  async #ensureIndexes(): Promise<void> {
    for (const collection of this.#collections) {
      const connection = collection.database === 'keys' ? this.#keys : this.#main;
      for (const { keys, options } of indexesOf(collection)) {
        await connection.collection(collection.name).createIndex(keys, options ?? {});
      }
    }
  }
}

async function open(connection: Connection, uri: string): Promise<void> {
  await connection.openUri(uri, {
    serverSelectionTimeoutMS: SERVER_WAIT_MS,
    socketTimeoutMS: SILENCE_MS,
    promoteBuffers: true,
    retryWrites: false,
  });
}
