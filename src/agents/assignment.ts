/**
 * Who answers a conversation.
 *
 * - `BOT`: a bot; `PENDING`: nobody yet; `ASSIGNED`: the assignee, and only then there is one; `RESOLVED`: nobody any
 *   more, until the client writes again and it is `PENDING`.
 * - Whoever has `conversations:write` takes one that nobody holds, gives back what they hold, and resolves or reopens
 *   what is theirs or nobody's. With `conversations:assign` also what others hold, and for others.
 * - A person who answers one that waits or that a bot holds has taken it by that.
 * - Who is disabled or deleted holds nothing: what they held is `PENDING` (accounts/leaving.ts).
 *
 * Every step compares with the row that it was decided by, so of two who take one at once one is told who was first.
 * All of it runs in the tenant's scope.
 */
import type { Context } from '../context.ts';
import { type ConversationRow, Conversations } from '../conversations/model.ts';
import { conversationById } from '../conversations/read.ts';
import type { Caller } from '../http/route.ts';
import { notFound, Reject } from '../ops/errors.ts';
import { type UserRow, Users } from '../tenants/people-model.ts';
import { publish } from './feed.ts';

type By = Pick<Caller, 'kind' | 'id' | 'scopes'>;
type Place = Pick<ConversationRow, 'state' | 'assigneeId'>;

/** Who loses that often was beaten by somebody each time. */
const TRIES = 3;

/**
 * Gives the conversation to a person, or with `userId: null` back to all.
 * @throws Reject (404), (403) `insufficient-scope`, (409) `held-by-another`, `changed-meanwhile`, `not-active`
 */
export async function assign(
  ctx: Context,
  by: By,
  conversationId: string,
  { userId, from }: { userId: string | null; from?: string | null | undefined },
): Promise<ConversationRow> {
  const found = await conversationById(ctx, conversationId);
  if (userId === null) {
    return move(ctx, found, (row) => {
      requireSeen(row, from);
      requireTheirs(row, by);
      return row.state === 'ASSIGNED' ? { state: 'PENDING' } : row;
    });
  }
  if (by.kind !== 'person' || by.id !== userId) requireMayAssign(by);
  await requireActive(ctx, userId);
  const assigned = await move(ctx, found, (row) => {
    requireSeen(row, from);
    requireTheirs(row, by);
    return { state: 'ASSIGNED', assigneeId: userId };
  });
  if (await isActive(ctx, userId)) return assigned;
  await returnToQueue(ctx, found.tenantId, userId); // they left between look and step
  throw notActive();
}

/**
 * Resolves a conversation in which nothing was said after `lastMessageId`.
 * @throws Reject (404), (409) `held-by-another`, `changed-meanwhile`
 */
export async function resolveConversation(
  ctx: Context,
  by: By,
  conversationId: string,
  lastMessageId: string | null,
): Promise<ConversationRow> {
  return move(
    ctx,
    await conversationById(ctx, conversationId),
    (row) => {
      requireTheirs(row, by);
      if ((row.lastMessageId ?? null) !== lastMessageId) throw changedMeanwhile();
      return { state: 'RESOLVED' };
    },
    ({ lastPosition }) => ({
      where: { lastPosition },
      set: { resolvedAt: new Date(ctx.clock.now()), resolvedPosition: lastPosition },
    }),
  );
}

/** Lets a conversation wait for a person. @throws Reject (404), (409) `held-by-another`, `changed-meanwhile` */
export async function letWait(ctx: Context, by: By, conversationId: string): Promise<ConversationRow> {
  return move(ctx, await conversationById(ctx, conversationId), (row) => {
    requireTheirs(row, by);
    return { state: 'PENDING' };
  });
}

/** Who answers one that nobody holds holds it from then on; one that is resolved stays so. */
export async function holdByAnswer(
  ctx: Context,
  { _id, tenantId, state, assigneeId }: Pick<ConversationRow, '_id' | 'tenantId'> & Place,
  principal: string,
): Promise<void> {
  const userId = principal.startsWith('user:') ? principal.slice('user:'.length) : undefined;
  const waits = (state === 'PENDING' || state === 'BOT') && assigneeId === undefined;
  if (userId === undefined || !waits) return;
  const { modifiedCount } = await ctx.store
    .model(Conversations)
    .updateOne(
      { _id, state: { $in: ['PENDING', 'BOT'] }, assigneeId: { $exists: false } },
      { $set: { state: 'ASSIGNED', assigneeId: userId } },
    )
    .exec();
  if (modifiedCount > 0 && !(await isActive(ctx, userId))) await returnToQueue(ctx, tenantId, userId);
}

/** What a person held waits for somebody else. May run again. @returns how many conversations */
export async function returnToQueue(ctx: Context, tenantId: string, assigneeId: string): Promise<number> {
  const conversations = ctx.store.model(Conversations);
  const held = await conversations
    .find({ assigneeId }, { _id: 1 })
    .lean<Pick<ConversationRow, '_id'>[]>()
    .exec();
  for (const { _id: conversationId } of held) {
    await conversations
      .updateOne(
        { _id: conversationId, state: 'ASSIGNED', assigneeId },
        { $set: { state: 'PENDING' }, $unset: { assigneeId: 1 } },
      )
      .exec();
    await publish(ctx, tenantId, { type: 'conversation.updated', conversationId });
  }
  return held.length;
}

type Further = (row: ConversationRow) => { where: object; set: object };

/** One step, if the row still is as it was when it was decided; else it is read and decided again. */
async function move(
  ctx: Context,
  found: ConversationRow,
  decide: (row: ConversationRow) => Place,
  further: Further = () => ({ where: {}, set: {} }),
): Promise<ConversationRow> {
  let row = found;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const next = decide(row);
    if (next.state === row.state && next.assigneeId === row.assigneeId) return row;
    const changed = await step(ctx, row, next, further(row));
    if (changed) {
      await publish(ctx, row.tenantId, { type: 'conversation.updated', conversationId: row._id });
      return changed;
    }
    row = await conversationById(ctx, row._id);
  }
  throw changedMeanwhile();
}

/** Compare and set. @returns the row as it is now; null: it was another one already */
async function step(
  ctx: Context,
  row: ConversationRow,
  { state, assigneeId }: Place,
  { where, set }: ReturnType<Further>,
): Promise<ConversationRow | null> {
  return ctx.store
    .model(Conversations)
    .findOneAndUpdate(
      { _id: row._id, state: row.state, assigneeId: row.assigneeId ?? { $exists: false }, ...where },
      assigneeId === undefined
        ? { $set: { state, ...set }, $unset: { assigneeId: 1 } }
        : { $set: { state, assigneeId, ...set } },
      { returnDocument: 'after' },
    )
    .lean<ConversationRow>()
    .exec();
}

const mayAssign = ({ scopes }: By): boolean => scopes.includes('conversations:assign');

function requireMayAssign(by: By): void {
  if (mayAssign(by)) return;
  throw new Reject(
    403,
    'insufficient-scope',
    'To give conversations to others needs the scope conversations:assign.',
  );
}

/** @throws Reject (409) `held-by-another` for what somebody else holds, from who may not assign */
function requireTheirs({ assigneeId }: ConversationRow, by: By): void {
  if (assigneeId === undefined || mayAssign(by)) return;
  if (by.kind === 'person' && by.id === assigneeId) return;
  throw new Reject(409, 'held-by-another', 'Somebody else holds this conversation now.');
}

/** @throws Reject (409) `changed-meanwhile` when the caller saw another holder than there is */
function requireSeen({ assigneeId = null }: { assigneeId?: string | null }, from?: string | null): void {
  if (from !== undefined && from !== assigneeId) throw changedMeanwhile();
}

function changedMeanwhile(): Reject {
  return new Reject(409, 'changed-meanwhile', 'The conversation changed just now. Look again.');
}

function notActive(): Reject {
  return new Reject(409, 'not-active', 'This person has not joined yet, or can’t sign in any more.');
}

/** @throws Reject (404), (409) `not-active` */
async function requireActive(ctx: Context, _id: string): Promise<void> {
  const user = await ctx.store.model(Users).findOne({ _id }, { status: 1 }).lean<UserRow>().exec();
  if (!user) throw notFound('user');
  if (user.status !== 'active') throw notActive();
}

async function isActive(ctx: Context, _id: string): Promise<boolean> {
  return (await ctx.store.model(Users).exists({ _id, status: 'active' }).exec()) !== null;
}
