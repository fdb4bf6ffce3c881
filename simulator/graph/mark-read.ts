import type { BusinessNumber } from '../settings.ts';
import type { Simulation } from '../simulation.ts';
import { GraphError } from './errors.ts';
import { parseRead } from './message-body.ts';

/** A typing indicator goes after 25 s or with the answer (Cloud API: typing indicators). */
const TYPING_MS = 25_000;

/**
 * Marks a client's message as read, with all its earlier ones where it is no group's, and shows the business as typing if asked.
 * @throws GraphError 100 when nobody wrote such a message to this number
 */
export function markRead(simulation: Simulation, number: BusinessNumber, body: unknown): { success: true } {
  const { message_id: wamid, typing_indicator: typing } = parseRead(body);
  const { threads, events, clock } = simulation;
  const { phoneNumberId } = number;
  const thread = threads.ofClientMessage(phoneNumberId, wamid);
  if (thread === undefined) {
    throw new GraphError(100, { details: 'message_id names no message of a client.' });
  }
  const personId = thread.person.id;
  for (const entry of thread.markReadByBusiness(wamid, clock())) {
    events.emit({ type: 'message', personId, phoneNumberId, wamid: entry.wamid });
  }
  if (typing !== undefined) {
    thread.typingUntil = new Date(clock().getTime() + TYPING_MS);
    events.emit({ type: 'typing', personId, phoneNumberId });
  }
  return { success: true };
}
