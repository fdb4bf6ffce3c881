import { useSyncExternalStore } from 'react';

import { channelsHash, channelsOf, conversationOf, hashOf } from './route.ts';

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
}

/** The id of the conversation that the address names. */
export function useOpenConversation(): string | null {
  return useSyncExternalStore(subscribe, () => conversationOf(window.location.hash));
}

/** Opens a conversation, or with `null` the list; the browser's back button returns. */
export function openConversation(id: string | null): void {
  window.location.hash = hashOf(id);
}

/** The address, for pages other than a conversation. */
export function useChannelsPage(): { channelId: string | null } | null {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash);
  return channelsOf(hash);
}

/** Opens the page of the numbers, at one of them. */
export function openChannels(channelId: string | null): void {
  window.location.hash = channelsHash(channelId);
}
