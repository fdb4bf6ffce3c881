/**
 * One turn at a mail, a lane of its own. Each change is a compare-and-set on the number of tries. A worker that dies
 * between the server's yes and our note of it sends the mail again, under the same Message-ID.
 */
import type { Context } from '../context.ts';
import type { WakeUp } from '../lanes/queue.ts';
import type { Turn, TurnEnd } from '../lanes/worker.ts';
import { SafeError } from '../ops/log.ts';
import { ErasedError } from '../store/keyring.ts';
import { withTenant } from '../store/scope.ts';
import { type Letter, letterPlace, type MailRow, Mails } from './model.ts';
import type { Handed, MailClient } from './transport.ts';

const MINUTE_MS = 60_000;
/** Pauses after the first, second, … failure; the last one from then on. */
const PAUSES_MS = [10_000, MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, 60 * MINUTE_MS];
/** What could not be sent for a day is given up: its links are over by then. */
const GIVE_UP_MS = 24 * 60 * MINUTE_MS;

/** Handler of `workLanes` for mail. */
export async function runMailLane(
  ctx: Context,
  client: MailClient | null,
  { lane: mailId, tenantId }: WakeUp,
  turn: Turn,
): Promise<TurnEnd> {
  if (tenantId === undefined) throw new SafeError("A mail's lane was woken without its tenant.");
  return withTenant(tenantId, async () => {
    const row = await ctx.store.model(Mails).findOne({ _id: mailId, state: 'due' }).lean<MailRow>().exec();
    if (!row || !client) return 'done';
    const waitMs = row.dueAt.getTime() - ctx.clock.now();
    if (waitMs > 0) return { againAfterMs: waitMs };
    if (!(await turn.holds())) return 'done';
    return sendOne(ctx, client, row);
  });
}

async function sendOne(ctx: Context, client: MailClient, row: MailRow): Promise<TurnEnd> {
  const { _id: mailId, tenantId, category, attempts, createdAt, letter: sealed } = row;
  const startedAt = ctx.clock.now();
  const handed = await handOver(ctx, client, row, sealed);
  const now = ctx.clock.now();
  const outcome =
    handed.kind === 'again' && now - createdAt.getTime() >= GIVE_UP_MS ? 'refused' : handed.kind;
  const reason = handed.kind === 'sent' ? undefined : handed.reason;
  const level = handed.kind === 'sent' ? 'info' : 'warn';
  ctx.log[level](
    {
      tenantId,
      messageId: mailId,
      kind: category,
      outcome,
      reason,
      attempt: attempts + 1,
      ms: now - startedAt,
    },
    'mail.tried',
  );
  const pauseMs = PAUSES_MS[Math.min(attempts, PAUSES_MS.length - 1)] ?? MINUTE_MS;
  const change =
    outcome === 'again'
      ? { $set: { attempts: attempts + 1, reason, dueAt: new Date(now + pauseMs) } }
      : {
          $set: {
            attempts: attempts + 1,
            state: outcome === 'sent' ? 'sent' : 'failed',
            ...(outcome === 'sent' ? { sentAt: new Date(now) } : { reason }),
          },
          $unset: { letter: 1 },
        };
  await ctx.store.model(Mails).updateOne({ _id: mailId, state: 'due', attempts }, change).exec();
  return outcome === 'again' ? { againAfterMs: pauseMs } : 'done';
}

async function handOver(
  ctx: Context,
  client: MailClient,
  row: MailRow,
  sealed: Buffer | undefined,
): Promise<Handed> {
  if (sealed === undefined) return { kind: 'refused', reason: 'empty' };
  try {
    const letter = await ctx.store.keyring.open<Letter>(letterPlace(row), sealed);
    return await client.send({ id: row._id, category: row.category, letter });
  } catch (error) {
    if (error instanceof ErasedError) return { kind: 'refused', reason: 'erased' };
    throw error;
  }
}
