/** Reads the templates of each account anew when its time has come. */
import type { Context } from '../src/context.ts';
import { syncDueAccounts } from '../src/templates/sync.ts';

const LOOK_EVERY_MS = 15_000;

/** Runs until stopped. */
export function startTemplates(ctx: Context): { close(): Promise<void> } {
  const state = { running: Promise.resolve(), busy: false };
  const look = async () => {
    state.busy = true;
    try {
      await syncDueAccounts(ctx);
    } catch (error) {
      ctx.log.warn({ part: 'templates', err: error }, 'templates.sync-failed');
    } finally {
      state.busy = false;
    }
  };
  const timer = setInterval(() => {
    if (!state.busy) state.running = look();
  }, LOOK_EVERY_MS);
  return {
    async close() {
      clearInterval(timer);
      await state.running;
    },
  };
}
