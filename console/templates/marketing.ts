import type { Conversation } from '../api/types.ts';

/** True when the client stopped marketing from the number of this conversation. */
export function wantsNoMarketing({ contact, channel }: Conversation): boolean {
  return contact?.marketing?.find(({ channelId }) => channelId === channel.id)?.state === 'stopped';
}
