import type { Message } from '../api/types.ts';
import type { PendingSend } from './outbox.ts';

/**
 * Leaves out what the feed has already shown: the feed may bring the message before the answer to the
 * request comes. A pending message is taken for arrived when the thread holds a message of ours with
 * the same text that was not there when it was sent.
 */
export function withoutArrived(pending: readonly PendingSend[], messages: readonly Message[]): PendingSend[] {
  const taken = new Set<string>();
  return pending.filter((item) => {
    if (item.state === 'refused') return true;
    const arrived = messages.find(
      (message) =>
        message.direction === 'out' &&
        message.content.body === item.text &&
        !item.twins.includes(message.id) &&
        !taken.has(message.id),
    );
    if (arrived !== undefined) taken.add(arrived.id);
    return arrived === undefined;
  });
}

/** The ids of our messages with this text that the thread already holds. */
export function twinsOf(text: string, messages: readonly Message[]): string[] {
  return messages
    .filter((message) => message.direction === 'out' && message.content.body === text)
    .map((message) => message.id);
}
