/**
 * Who holds a thread (Cloud API: standby, messaging handovers). While another handler does, as Meta's business agent,
 * what the client writes comes as `standby` and nothing of ours may answer: the first service message that we send
 * takes the thread over. The last word counts, by WhatsApp's clock: a handover, a message in standby, or an ordinary
 * message, which only comes to whoever holds the thread.
 */
import { publish } from '../agents/feed.ts';
import type { Context } from '../context.ts';
import { type ConversationRow, Conversations } from './model.ts';
import { sayLine } from './system-lines.ts';

export interface Held {
  control: 'other' | 'ours';
  at: Date;
  /** Role of who holds it now, as WhatsApp names it. */
  role?: string | undefined;
}

/** Notes who holds the thread since `at`; what was said later stays. @returns true when it changed hands */
export async function noteControl(
  ctx: Context,
  { _id, tenantId }: Pick<ConversationRow, '_id' | 'tenantId'>,
  { control, at, role }: Held,
): Promise<boolean> {
  const before = await ctx.store
    .model(Conversations)
    .findOneAndUpdate(
      { _id, $or: [{ controlAt: { $exists: false } }, { controlAt: { $lt: at } }] },
      {
        $set: { control, controlAt: at, ...(role === undefined ? {} : { controlRole: role }) },
        ...(role === undefined ? { $unset: { controlRole: 1 } } : {}),
      },
      { returnDocument: 'before' },
    )
    .lean<ConversationRow>()
    .exec();
  if (!before || (before.control ?? 'ours') === control) return false;
  await publish(ctx, tenantId, { type: 'conversation.updated', conversationId: _id });
  return true;
}

/** A person decides to answer although another handler holds the thread: from now on sends are accepted. */
export async function takeControl(ctx: Context, conversation: ConversationRow): Promise<ConversationRow> {
  // WhatsApp's clock may be ahead of ours: what an agent decides comes after what they saw.
  const seen = conversation.controlAt?.getTime() ?? 0;
  const held = { control: 'ours' as const, at: new Date(Math.max(ctx.clock.now(), seen + 1)) };
  await noteControl(ctx, conversation, held);
  return { ...conversation, control: held.control, controlAt: held.at };
}

export interface Handover {
  type: 'control_passed' | 'control_taken';
  from: string | undefined;
  to: string | undefined;
  /** What the one who passed it on wrote for the other. */
  note: string | undefined;
  at: Date;
  position: number;
}

/** Meta's own agent; every other role is a person's or a program's of the business. */
const META_AGENT = 'ai_agent';

/** A thread changed hands: noted, and said in the thread. Control that is taken without a word of by whom was taken from us. */
export async function noteHandover(
  ctx: Context,
  conversation: ConversationRow,
  { type, from, to, note, at, position }: Handover,
): Promise<void> {
  const isOther = to === undefined ? type === 'control_taken' : to === META_AGENT;
  await sayLine(ctx, conversation, {
    unique: ['control', type, at.toISOString()],
    content: {
      type,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(note === undefined ? {} : { note }),
    },
    position,
    at,
  });
  await noteControl(ctx, conversation, { control: isOther ? 'other' : 'ours', at, role: to });
}
