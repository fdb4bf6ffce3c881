/** Unwrapped keys, each under every name by which it is asked for, for `KEY_CACHE_MS` and up to a number of names. */
import type { Clock } from '../ops/clock.ts';
import type { DataKey } from './seal.ts';

/** Longest time for which a destroyed key may still open content in some process: 30 s. */
export const KEY_CACHE_MS = 30_000;
/** Names of kept keys, two for each key; some 20 MB when as many are in use within 30 s. */
const LIMIT = 50_000;

export interface NamedKey {
  key: DataKey;
  names: string[];
}

export class KeyCache {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #kept = new Map<string, { key: DataKey; until: number }>();
  /** Loads under way: who asks for the same key meanwhile waits with them. */
  readonly #loading = new Map<string, Promise<DataKey>>();

  constructor(clock: Clock, limit = LIMIT) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** The key of this name, loaded when it is not kept. @throws what `load` throws; that is not kept */
  async get(name: string, load: () => Promise<NamedKey>): Promise<DataKey> {
    const now = this.#clock.now();
    const known = this.#kept.get(name);
    if (known && known.until > now) return known.key;
    return this.#loading.get(name) ?? this.#load(name, now, load);
  }

  /** Forgets all, also what is being loaded. */
  clear(): void {
    this.#kept.clear();
    this.#loading.clear();
  }

  #load(name: string, now: number, load: () => Promise<NamedKey>): Promise<DataKey> {
    const loading = load()
      .then(({ key, names }) => {
        if (this.#loading.get(name) !== loading) return key; // keys were destroyed meanwhile: read, but not kept
        for (const one of names) this.#keep(one, { key, until: now + KEY_CACHE_MS });
        this.#forgetOldest(now);
        return key;
      })
      .finally(() => {
        if (this.#loading.get(name) === loading) this.#loading.delete(name);
      });
    this.#loading.set(name, loading);
    return loading;
  }

  #keep(name: string, kept: { key: DataKey; until: number }): void {
    this.#kept.delete(name); // so that it goes to the end: the oldest come first
    this.#kept.set(name, kept);
  }

  #forgetOldest(now: number): void {
    for (const [name, { until }] of this.#kept) {
      if (until > now && this.#kept.size <= this.#limit) return;
      this.#kept.delete(name);
    }
  }
}
