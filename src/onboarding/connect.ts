/**
 * Connecting a number: from an access token (or a code of Embedded Signup) to a channel that sends and receives.
 *
 *   token      valid, of our app, with both permissions
 *   number     found in an account that the token may manage: that proves whose it is
 *   channel    the number is the tenant's here; from now on its webhooks are routed
 *   register   the number is registered for the Cloud API, with its two-step PIN
 *   subscribe  the account's webhooks come to this installation
 *   facts      what Meta says of the number is kept
 *
 * Each step looks first and changes only what is not so yet, so that a repeat goes on where the last run stopped. The
 * first step that fails is the last one; it says what to do.
 */
import type { Context } from '../context.ts';
import type { Channel } from '../tenants/channels.ts';
import { checkInput } from '../tenants/input.ts';
import { findTenant } from '../tenants/tenants.ts';
import type { AccountClient } from '../whatsapp/account.ts';
import { ConnectRun, Stop } from './connect-run.ts';
import { type Choice, type Step, wanted, type WantedConnection } from './steps.ts';

interface Connecting {
  connected: boolean;
  steps: Step[];
  channel: Channel | null;
  /** When the token has several numbers and none was named. */
  choices: Choice[];
}

/**
 * Connects a number of a tenant. @param onStep told of each step as it ends
 * @throws Reject (404) for an unknown tenant or app, (409) for a number of another tenant, (422) for unusable input
 */
export async function connectChannel(
  ctx: Context,
  client: AccountClient,
  input: WantedConnection,
  onStep: (step: Step) => void = () => undefined,
): Promise<Connecting> {
  const parsed = checkInput(wanted, input);
  await findTenant(ctx, parsed.tenantId);
  const run = new ConnectRun(ctx, client, parsed, onStep);
  try {
    await run.all();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
  }
  const { steps, channel, choices } = run;
  const connected = steps.at(-1)?.step === 'facts' && steps.at(-1)?.outcome !== 'failed';
  ctx.log.info(
    {
      tenantId: parsed.tenantId,
      channelId: channel?.channelId,
      outcome: connected ? 'connected' : 'stopped',
      reason: connected ? undefined : steps.at(-1)?.step,
    },
    'channel.connect',
  );
  return { connected, steps, channel, choices };
}
