/** Calls (Cloud API: webhooks, calls): what one event, or one status of a call that we began, says. */
import { type Json, part, text, timeOf } from './json.ts';

export type CallOutcome = 'ringing' | 'ongoing' | 'answered' | 'missed' | 'declined';

export interface CallSaid {
  outcome: CallOutcome;
  /** Seconds. */
  duration?: number;
  startedAt?: Date;
  endedAt?: Date;
}

/** How far each outcome is; a later event never leads back. */
const RANK: Record<CallOutcome, number> = { ringing: 0, ongoing: 1, missed: 2, declined: 3, answered: 3 };

/** Reads one entry of `calls[]`, or of `statuses[]` beside it; undefined for one that says nothing of how it went. */
export function readCall(call: Json): CallSaid | undefined {
  const said = text(call.event) === undefined ? ofStatus(text(call.status)) : ofEvent(call);
  if (said === undefined) return undefined;
  const startedAt = timeOf(call.start_time);
  const endedAt = timeOf(call.end_time);
  const { duration } = call;
  return {
    outcome: said,
    ...(typeof duration === 'number' && duration >= 0 ? { duration } : {}),
    ...(startedAt ? { startedAt } : {}),
    ...(endedAt ? { endedAt } : {}),
  };
}

function ofStatus(status: string | undefined): CallOutcome | undefined {
  switch (status) {
    case 'RINGING':
      return 'ringing';
    case 'ACCEPTED':
      return 'ongoing';
    case 'REJECTED':
      return 'declined';
    default:
      return undefined;
  }
}

function ofEvent(call: Json): CallOutcome | undefined {
  if (call.event === 'connect') return 'ringing';
  if (call.event !== 'terminate') return undefined;
  if (call.status === 'REJECTED') return 'declined';
  const spoke = typeof call.duration === 'number' ? call.duration > 0 : call.start_time !== undefined;
  return spoke && call.status !== 'FAILED' ? 'answered' : 'missed';
}

/** What is known after both, in whatever order they came. */
export function mergedCall(known: CallSaid, said: CallSaid): CallSaid {
  const [less, more] = RANK[said.outcome] >= RANK[known.outcome] ? [known, said] : [said, known];
  return { ...less, ...more };
}

/** When the client began to call; undefined for calls of ours. Only the client's own calls open the window. */
export function calledAt(call: Json): Date | undefined {
  if (call.direction !== 'USER_INITIATED') return undefined;
  const at = timeOf(call.timestamp);
  if (call.event !== 'terminate') return at;
  const { duration } = call;
  const seconds = typeof duration === 'number' && duration > 0 ? duration : 0;
  return timeOf(call.start_time) ?? (at && new Date(at.getTime() - seconds * 1_000));
}

/** The call without what connects it: that is no content. */
export function withoutSession(call: Json): Json {
  return Object.fromEntries(Object.entries(call).filter(([name]) => name !== 'session'));
}

/** The call as it stands in the content of a message. */
export function callContent({ outcome, duration, startedAt, endedAt }: CallSaid): Json {
  return {
    outcome,
    ...(duration === undefined ? {} : { duration }),
    ...(startedAt ? { startedAt: startedAt.toISOString() } : {}),
    ...(endedAt ? { endedAt: endedAt.toISOString() } : {}),
  };
}

/** Reads `callContent` back. */
export function callOf(content: Json): CallSaid {
  const { outcome, duration, startedAt, endedAt } = part({ content }, 'content');
  return {
    outcome: (text(outcome) ?? 'ringing') as CallOutcome,
    ...(typeof duration === 'number' ? { duration } : {}),
    ...(typeof startedAt === 'string' ? { startedAt: new Date(startedAt) } : {}),
    ...(typeof endedAt === 'string' ? { endedAt: new Date(endedAt) } : {}),
  };
}
