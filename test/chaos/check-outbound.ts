/** What a tenant sent: taken is one message, sent once, and its state is what Meta said of it. */
import { type Breach, grouped } from './breach.ts';
import type { Accepted, Asked, Call, RunRecord, Shown, Trouble } from './record.ts';

/** Rungs of the ladder, as the guide of the API names them. */
const RUNGS = ['accepted', 'sent', 'failed', 'delivered', 'read', 'played'];

/**
 * An attempt is unconfirmed by what happened within the 15 s of its lane's lock, the 20 s of a call, or shortly
 * before it began.
 */
const BEFORE_MS = 2_000;
const AFTER_MS = 40_000;

export function checkOutbound(run: RunRecord): Breach[] {
  const sent = new Map(
    run.shown.filter(({ direction }) => direction === 'out').map((message) => [message.id, message]),
  );
  const shownTimes = grouped(run.shown, ({ id }) => id);
  const calls = grouped(run.calls, ({ messageId }) => messageId ?? 'none');
  const accepted = grouped(run.accepted, ({ messageId }) => messageId ?? 'none');
  const asked = new Set(run.asked.flatMap(({ ids }) => ids));
  return [
    ...run.asked.flatMap((answer) => checkAnswer(answer, sent)),
    ...[...shownTimes]
      .filter(([id, times]) => sent.has(id) && times.length > 1)
      .map(([id]): Breach => ({ kind: 'answer-doubled', of: id })),
    ...[...sent.values()].flatMap((message) => {
      const of = { calls: calls.get(message.id) ?? [], accepted: accepted.get(message.id) ?? [] };
      return checkState(message, of, run.troubles);
    }),
    ...[...accepted]
      .filter(([, times]) => times.length > 1)
      .map(([id, times]): Breach => ({ kind: 'sent-twice', of: `${id}, ${times.length} times` })),
    ...[...accepted.keys(), ...sent.keys()]
      .filter((id) => !asked.has(id) && !mayBeOpen(run.asked, sent.get(id)))
      .map((id): Breach => ({ kind: 'sent-unasked', of: id })),
  ];
}

function checkAnswer({ outcome, ids, text, conversationId }: Asked, sent: Map<string, Shown>): Breach[] {
  const of = `an answer in ${conversationId}`;
  if (typeof outcome === 'number') return [{ kind: 'answer-refused', of: `${of}: ${outcome}` }];
  const [id] = ids;
  if (id === undefined) return [];
  if (new Set(ids).size > 1) return [{ kind: 'answer-doubled', of }];
  const message = sent.get(id);
  if (!message) return [{ kind: 'answer-lost', of: id }];
  return message.text === text ? [] : [{ kind: 'changed', of: id }];
}

/** The gateway's answer to the request may have been lost for good: then its id was never told. */
function mayBeOpen(asked: Asked[], message: Shown | undefined): boolean {
  return asked.some(({ outcome, text }) => outcome === 'open' && text === message?.text);
}

function checkState(
  { id: of, status, text, attemptedAt }: Shown,
  meta: { calls: Call[]; accepted: Accepted[] },
  troubles: Trouble[],
): Breach[] {
  if (status === 'queued' || status === 'sending') return [{ kind: 'stuck', of: `${of} ${status}` }];
  const [sent] = meta.accepted;
  if (sent) {
    if (sent.text !== text) return [{ kind: 'changed', of }];
    const behind = RUNGS.indexOf(status) < RUNGS.indexOf(sent.status ?? 'accepted');
    return behind ? [{ kind: 'status-behind', of: `${of} ${status}, not ${sent.status ?? 'accepted'}` }] : [];
  }
  if (status === 'failed') {
    const refused = meta.calls.some(({ outcome, answered }) => outcome === 'refused' && answered);
    return refused ? [] : [{ kind: 'failed-without-refusal', of }];
  }
  if (status !== 'unconfirmed') return [{ kind: 'status-behind', of: `${of} ${status}, never accepted` }];
  const unanswered = meta.calls.some(({ answered }) => !answered);
  const disturbed = troubles.some(
    ({ from, to }) =>
      attemptedAt !== undefined && from < attemptedAt + AFTER_MS && to > attemptedAt - BEFORE_MS,
  );
  return unanswered || disturbed ? [] : [{ kind: 'unconfirmed-without-reason', of }];
}
