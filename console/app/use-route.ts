import { useSyncExternalStore } from 'react';

import { conversationOf, hashOf } from './route.ts';

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
