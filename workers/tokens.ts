/** The watch over access tokens and API keys, beside the reconciler: it waits for Meta's answers, and lanes must not wait for it. */
import { removeUnproven } from '../src/accounts/sign-up.ts';
import type { Context } from '../src/context.ts';
import { watchTokens } from '../src/onboarding/token-watch.ts';
import { asOperator } from '../src/store/scope.ts';
import { watchKeys } from '../src/tenants/key-watch.ts';
import { openAccountClient } from '../src/whatsapp/account.ts';

const EVERY_MS = 60_000;

/** Runs until closed; what fails is logged and looked at again. */
export function startTokenWatch(ctx: Context): { close(): Promise<void> } {
  const client = openAccountClient(ctx.settings);
  let running = Promise.resolve();
  const attempt = async (part: string, work: () => Promise<unknown>) => {
    try {
      await asOperator(`watch over ${part}`, work);
    } catch (error) {
      ctx.log.warn({ part, err: error }, 'reconciler.failed');
    }
  };
  const look = async () => {
    await attempt('tokens', () => watchTokens(ctx, client));
    await attempt('sign-ups', () => removeUnproven(ctx));
    await attempt('keys', () => watchKeys(ctx));
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
