import type { Embedded } from '../../embedded/index.ts';

interface Opened {
  dataDir: string;
  servers: Embedded;
}

/** Jest loads set-up and tear-down apart from each other; only the global object is common to both. */
const KEY = Symbol.for('whatsper.test.servers');
const common = globalThis as { [KEY]?: Opened | undefined };

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
