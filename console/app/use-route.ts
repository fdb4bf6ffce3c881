import { useSyncExternalStore } from 'react';

import {
  AUDIT_HASH,
  channelsHash,
  channelsOf,
  conversationOf,
  hashOf,
  settingsHash,
  settingsPageOf,
} from './route.ts';

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

/** Whether the address is that of the audit log. */
export function useAuditPage(): boolean {
  return useSyncExternalStore(subscribe, () => window.location.hash === AUDIT_HASH);
}

export function openAudit(): void {
  window.location.hash = AUDIT_HASH;
}

/** Opens the page of the numbers, at one of them. */
export function openChannels(channelId: string | null): void {
  window.location.hash = channelsHash(channelId);
}

/** The name of the open page of the settings, or `null`. */
export function useSettingsPage(): string | null {
  return useSyncExternalStore(subscribe, () => settingsPageOf(window.location.hash));
}

/** Opens a page of the settings. */
export function openSettings(name: string): void {
  window.location.hash = settingsHash(name);
}
