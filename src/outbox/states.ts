/**
 * The sender's own changes of a message's state, each one operation of the database that names the state it leaves:
 * of two that try, one wins. See conversations/ladder.ts for what they mean.
 */
import type { Context } from '../context.ts';
import { RANK } from '../conversations/ladder.ts';
import { type MessageRow, Messages, type MessageStatus } from '../conversations/model.ts';
import { type Failure, tellStatus } from '../conversations/statuses.ts';

/** An attempt may be taken for unconfirmed while its call is still out. */
const UNDECIDED: MessageStatus[] = ['sending', 'unconfirmed'];

/** A row in the hands of a sender: of the same id and token. */
export interface Attempt {
  _id: string;
  tenantId: string;
  conversationId: string;
  attemptToken?: string | undefined;
}

/** The row while the attempt is the last that took it; a row without a token is nobody's. */
function ofAttempt({ _id, attemptToken = '' }: Attempt) {
  return { _id, attemptToken };
}

/** `queued → sending` under a new token. @returns the row as it is now, or null when somebody else changed it first */
export async function claim(ctx: Context, message: MessageRow): Promise<MessageRow | null> {
  const attempt = {
    attemptToken: ctx.random.bytes(16).toString('hex'),
    attemptAt: new Date(ctx.clock.now()),
  };
  return ctx.store
    .model(Messages)
    .findOneAndUpdate(
      { _id: message._id, status: 'queued' },
      { $set: { status: 'sending', rank: RANK.sending, ...attempt } },
      { returnDocument: 'after' },
    )
    .lean<MessageRow>()
    .exec();
}

/** The attempt's row while nothing else has happened to it. */
export async function findAttempt(ctx: Context, attempt: Attempt): Promise<MessageRow | null> {
  return ctx.store
    .model(Messages)
    .findOne({ ...ofAttempt(attempt), status: 'sending' })
    .lean<MessageRow>()
    .exec();
}

/** `sending → queued` for an attempt that never called. */
export async function giveBack(ctx: Context, attempt: Attempt): Promise<void> {
  const queued = { status: 'queued' as const, rank: RANK.queued };
  await ctx.store
    .model(Messages)
    .updateOne(
      { ...ofAttempt(attempt), status: 'sending' },
      { $set: queued, $unset: { attemptToken: 1, attemptAt: 1 } },
    )
    .exec();
}

/**
 * Back to `queued` after an attempt of which it is known that nothing was sent, even if it had been taken for
 * unconfirmed meanwhile. @param tries how often the Graph API has refused it so far
 */
export async function requeue(ctx: Context, attempt: Attempt, waitMs: number, tries: number): Promise<void> {
  const dueAt = new Date(ctx.clock.now() + waitMs);
  const queued = { status: 'queued' as const, rank: RANK.queued, dueAt, attempts: tries };
  const { modifiedCount } = await ctx.store
    .model(Messages)
    .updateOne(
      { ...ofAttempt(attempt), status: { $in: UNDECIDED } },
      { $set: queued, $unset: { attemptToken: 1 } },
    )
    .exec();
  if (modifiedCount > 0) await tellStatus(ctx, attempt);
}

/** To `failed`, after an attempt that the Graph API refused for good. */
export async function failAttempt(ctx: Context, attempt: MessageRow, failure: Failure): Promise<void> {
  const attempts = (attempt.attempts ?? 0) + 1;
  await fail(ctx, attempt, { ...ofAttempt(attempt), status: { $in: UNDECIDED } }, { ...failure, attempts });
}

/** `queued → failed`, without a call. */
export async function failUnsent(ctx: Context, message: MessageRow, failure: Failure): Promise<void> {
  const attemptAt = new Date(ctx.clock.now());
  await fail(ctx, message, { _id: message._id, status: 'queued' }, { ...failure, attemptAt });
}

export type Try = NonNullable<MessageRow['tries']>[number];
/** An outage of hours must not make a row grow without end. */
const TRIES_KEPT = 20;

/** Keeps what an attempt came to; changes no state. */
export async function noteTry(ctx: Context, { _id }: Attempt, tried: Try): Promise<void> {
  await ctx.store
    .model(Messages)
    .updateOne({ _id }, { $push: { tries: { $each: [tried], $slice: -TRIES_KEPT } } })
    .exec();
}

/** `sending → unconfirmed`: nobody can know whether it was sent. */
export async function markUnconfirmed(ctx: Context, attempt: Attempt): Promise<void> {
  const { modifiedCount } = await ctx.store
    .model(Messages)
    .updateOne(
      { ...ofAttempt(attempt), status: 'sending' },
      { $set: { status: 'unconfirmed', rank: RANK.unconfirmed } },
    )
    .exec();
  if (modifiedCount > 0) await tellStatus(ctx, attempt);
}

async function fail(
  ctx: Context,
  message: MessageRow,
  filter: { _id: string; attemptToken?: string; status: MessageStatus | { $in: MessageStatus[] } },
  fields: Partial<MessageRow>,
): Promise<void> {
  const change = { $set: { status: 'failed' as const, rank: RANK.failed, ...fields } };
  const { modifiedCount } = await ctx.store.model(Messages).updateOne(filter, change).exec();
  if (modifiedCount > 0) await tellStatus(ctx, message);
}
