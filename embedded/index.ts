import { realpath } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

import type { Want } from './control.ts';
import { PROTOCOL, supervisorFolder } from './control.ts';
import { messageOf } from './errors.ts';
import { makePrivateFolder, openDataFolder } from './files.ts';
import type { Lease } from './lease.ts';
import { askForLease } from './lease.ts';
import { readClaim } from './lock.ts';
import { startSupervisor } from './start-supervisor.ts';

export interface EmbeddedOptions {
  /** DATA_DIR: everything the servers keep stands below it. Made when absent. */
  dataDir: string;
  redis: boolean;
  mongodb: boolean;
  /** `auto` takes a mongod that is in PATH, `builtin` always the one that comes with us. */
  mongodbKind: 'auto' | 'builtin';
  /** Told in sentences what takes time (an installation) and what happens to the servers later. */
  onProgress?: (line: string) => void;
  /**
   * How long the servers stay after the last user went, in milliseconds, so that a restart finds them running. With 0
   * `close` waits until they have stopped. Default: 3 s, and 0 for the first process of a container, since everything
   * else there is killed with it.
   */
  lingerMs?: number;
}

export interface Embedded {
  redisUrl: string | undefined;
  mongodbUri: string | undefined;
  /** Gives the servers back; they stop when nobody else uses them. */
  close(): Promise<void>;
}

const LINGER_MS = 3_000;
/** Time for a supervisor that ends, or starts elsewhere, to make up its mind. */
const PATIENCE_MS = 60_000;
const RETRY_MS = 50;
const HEAL_RETRY_MS = 1_000;

/**
 * Opens the servers that this installation has no address for, as private processes with their data in `dataDir`.
 * Several processes with the same `dataDir` share them. They are kept alive, on the same addresses, until `close`.
 * @throws Error that says what to do when the folder cannot be used or a server cannot be had
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const onProgress = options.onProgress ?? (() => undefined);
  if (!options.redis && !options.mongodb) {
    return { redisUrl: undefined, mongodbUri: undefined, close: async () => undefined };
  }
  const dataFolder = await realpath(await openDataFolder(options.dataDir));
  const want: Want = {
    redis: options.redis,
    mongodb: options.mongodb ? options.mongodbKind : 'none',
    lingerMs: options.lingerMs ?? (process.pid === 1 ? 0 : LINGER_MS),
  };
  await makePrivateFolder(supervisorFolder(dataFolder));
  const closing = new AbortController();
  let lease = await acquire(dataFolder, want, onProgress);
  const { addresses } = lease;

  /** A supervisor that died while we need it is replaced; its successor takes the same ports. */
  async function heal(): Promise<void> {
    for (;;) {
      await lease.closed;
      if (closing.signal.aborted) return;
      try {
        lease = await acquire(dataFolder, want, onProgress);
      } catch (error) {
        onProgress(`The embedded servers are away: ${messageOf(error)}`);
        await delay(HEAL_RETRY_MS, undefined, { ref: false });
        continue;
      }
      if (closing.signal.aborted) return;
      if (JSON.stringify(lease.addresses) !== JSON.stringify(addresses)) {
        onProgress('The embedded servers came back on other ports: restart this process.');
      }
    }
  }

  const healing = heal();
  return {
    redisUrl: addresses.redisUrl,
    mongodbUri: addresses.mongodbUri,
    async close() {
      closing.abort();
      await lease.release();
      await healing;
      await lease.release();
    },
  };
}

/** Finds the supervisor of this folder, or starts one, until one of them gives a lease. */
async function acquire(dataFolder: string, want: Want, onProgress: (line: string) => void): Promise<Lease> {
  let patience = Date.now() + PATIENCE_MS;
  let told = '';
  const tell = (line: string): void => {
    if (line !== told) onProgress(line);
    told = line;
  };
  while (Date.now() < patience) {
    const claim = await readClaim(supervisorFolder(dataFolder));
    const path = claim?.released === false ? claim.details.socket : undefined;
    if (path !== undefined && claim?.details.protocol !== PROTOCOL) {
      throw new Error(`Another version of this program uses ${dataFolder}: stop it first.`);
    }
    const asked = Date.now();
    const lease = path === undefined ? undefined : await askForLease(path, want, tell);
    if (lease !== undefined) return lease;
    // The time of a supervisor that installs, or stops its servers, is well spent.
    patience += Date.now() - asked;
    await startSupervisor(dataFolder, tell);
    await delay(RETRY_MS);
  }
  throw new Error(
    `The process that holds ${supervisorFolder(dataFolder)} does not answer. Stop whatever else uses this DATA_DIR, ` +
      'on this machine or another, and start again.',
  );
}
