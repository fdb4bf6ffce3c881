/** The watch over access tokens, beside the reconciler: it waits for Meta's answers, and lanes must not wait for it. */
import type { Context } from '../src/context.ts';
import { watchTokens } from '../src/onboarding/token-watch.ts';
import { asOperator } from '../src/store/scope.ts';
import { openAccountClient } from '../src/whatsapp/account.ts';

const EVERY_MS = 60_000;

/** Runs until closed; what fails is logged and looked at again. */
export function startTokenWatch(ctx: Context): { close(): Promise<void> } {
  const client = openAccountClient(ctx.settings);
  let running = Promise.resolve();
  const look = async () => {
    try {
      await asOperator('watch over tokens', () => watchTokens(ctx, client));
    } catch (error) {
      ctx.log.warn({ part: 'tokens', err: error }, 'reconciler.failed');
    }
  };
  const timer = setInterval(() => {
    running = running.then(look);
  }, EVERY_MS);
  return {
    async close() {
      clearInterval(timer);
      client.close(); // ends a call that is under way
      await running;
    },
  };
}
