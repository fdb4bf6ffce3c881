import type { CommandContext } from '../commands/command.ts';
import type { Index } from '../index/description.ts';
import { parseFilter } from '../query/filter.ts';
import { run } from '../query/run.ts';
import type { Collection } from './collection.ts';

const BATCH = 500; // documents removed in one transaction

/** Removes expired documents now and then until it is stopped. */
export function startExpiry(context: CommandContext, interval: number): { stop(): Promise<void> } {
  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = running
      .then(() => removeExpired(context))
      .catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        console.error(JSON.stringify({ event: 'expiry.failed', message }));
      });
  }, interval);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}

/** Removes every document whose date under a TTL index is older than the index allows. */
async function removeExpired(context: CommandContext): Promise<void> {
  for (const collection of context.catalog.list()) {
    for (const index of collection.indexes) {
      if (index.expireAfterSeconds !== undefined) {
        await removeBy(context, collection, index, index.expireAfterSeconds);
      }
    }
  }
}

async function removeBy(
  { storage, catalog, now }: CommandContext,
  collection: Collection,
  index: Index,
  seconds: number,
): Promise<void> {
  const path = index.fields[0]?.path ?? '';
  for (let removed = BATCH; removed === BATCH;) {
    removed = await storage.write(() => {
      if (catalog.find(collection.database, collection.name) !== collection) return 0;
      const expired = parseFilter({ [path]: { $lt: new Date(now() - seconds * 1_000) } });
      const partial = index.partial ? [index.partial.filter] : [];
      const filter = { kind: 'and', of: [expired, ...partial] } as const;
      const found = [...run(collection, { filter, sort: [], skip: 0, limit: BATCH, hint: index.name })];
      for (const { stored } of found) collection.remove(stored);
      return found.length;
    });
  }
}
