import type { Embedded } from '../../embedded/index.ts';

interface Opened {
  dataDir: string;
  servers: Embedded;
}

/** Jest loads set-up and tear-down apart from each other; only the global object is common to both. */
const KEY = Symbol.for('whatsper.test.servers');
const common = globalThis as { [KEY]?: Opened | undefined };

/**
 * Addresses of servers that somebody gave to the run; undefined where the set-up started one of its own. The set-up
 * names its own in an environment variable, since tests run in processes of their own.
 */
export function givenServers(): { redisUrl: string | undefined; mongodbUri: string | undefined } {
  const own = (process.env.TEST_STARTED ?? '').split(' ');
  const given = (name: string) => (own.includes(name) ? undefined : process.env[name]);
  return { redisUrl: given('REDIS_URL'), mongodbUri: given('MONGODB_URI') };
}

/** Keeps what the set-up opened for the tear-down. */
export function keepForTeardown(opened: Opened): void {
  common[KEY] = opened;
}

/** Answers what the set-up opened, once. */
export function takeForTeardown(): Opened | undefined {
  const opened = common[KEY];
  common[KEY] = undefined;
  return opened;
}
