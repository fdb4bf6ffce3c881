/** The databases: opened once, models by declared collection, indexes made at the start. */
import mongoose, { type Connection, type IndexDirection } from 'mongoose';

import type { Clock, Random } from '../ops/clock.ts';
import { SafeError } from '../ops/log.ts';
import { Batches } from './batches.ts';
import type { BaseRow, Collection } from './collection.ts';
import { Keyring, Keys } from './keyring.ts';
import type { MasterKey } from './master-key.ts';
import { buildModel, type ScopedModel } from './model.ts';
import { databaseUri } from './uri.ts';

/** Longest wait for a server: 5 s, so that a worker sees an outage as one and answers are 503, not silence. */
const SERVER_WAIT_MS = 5_000;

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

export class Store {
  readonly keyring: Keyring;
  /** Reads and writes of parallel lanes, together. */
  readonly batches: Batches;
  readonly #main: Connection;
  readonly #keys: Connection;
  readonly #collections: Collection<BaseRow>[];
  readonly #models = new Map<string, ScopedModel<BaseRow>>();

  private constructor(main: Connection, keys: Connection, options: StoreOptions) {
    this.#main = main;
    this.#keys = keys;
    this.#collections = [...options.collections, Keys];
    for (const collection of this.#collections) {
      const connection = collection.database === 'keys' ? keys : main;
      this.#models.set(collection.name, buildModel(connection, collection));
    }
    const { master, clock, random } = options;
    this.batches = new Batches((collection) => this.model(collection));
    this.keyring = new Keyring({ model: this.model(Keys), batches: this.batches, master, clock, random });
  }

  /** Connects, makes missing indexes, and proves the master key. */
  static async open(options: StoreOptions): Promise<Store> {
    const main = await connect(databaseUri(options.uri));
    const keys = await connect(options.keysUri ?? databaseUri(options.uri, '_keys')).catch(
      async (error: unknown) => {
        await main.close();
        throw error;
      },
    );
    const store = new Store(main, keys, options);
    try {
      await store.#ensureIndexes();
      await store.keyring.verifyMasterKey();
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  model<Row extends BaseRow>(collection: Collection<Row>): ScopedModel<Row> {
    const model = this.#models.get(collection.name);
    if (!model) {
      throw new SafeError(`The collection ${collection.name} is missing from the list of collections.`);
    }
    return model as unknown as ScopedModel<Row>;
  }

  /** True when the database answers now. */
  async isReachable(): Promise<boolean> {
    try {
      await this.#main.getClient().db().command({ ping: 1 }, { timeoutMS: 2_000 });
      return true;
    } catch {
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
      for (const { keys, options } of collection.indexes) {
        const owned: Record<string, IndexDirection> =
          collection.scope === 'tenant' ? { tenantId: 1, ...keys } : keys;
        await connection
          .collection(collection.name)
          .createIndex(owned as Record<string, 1 | -1>, options ?? {});
      }
    }
  }
}

async function connect(uri: string): Promise<Connection> {
  return mongoose
    .createConnection(uri, {
      serverSelectionTimeoutMS: SERVER_WAIT_MS,
      promoteBuffers: true,
      retryWrites: false,
    })
    .asPromise();
}
