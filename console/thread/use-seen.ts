/**
 * Tells the server that an agent has opened a conversation, and that they type. Whether the client learns of it is the
 * channel's policy, which the server knows: once it says no, it is not asked again for this conversation.
 */
import { useEffect, useRef } from 'react';

import { useWorkspace, type Workspace } from '../app/workspace.ts';

/** WhatsApp shows typing for 25 s; told again a little earlier while somebody goes on. */
const TYPING_EVERY_MS = 20_000;

interface Answer {
  outcome: 'asked' | 'policy' | 'nothing';
}

/** Nothing on the screen depends on the answer, so no failure of it is shown. @returns false when it is not wanted */
async function tell(
  { api, me }: Pick<Workspace, 'api' | 'me'>,
  conversationId: string,
  what: 'read' | 'typing',
): Promise<boolean> {
  if (!me.scopes.includes('messages:send')) return false;
  try {
    const path = `/v1/conversations/${encodeURIComponent(conversationId)}/${what}`;
    return (await api.request<Answer>(path, { method: 'POST' })).outcome !== 'policy';
  } catch {
    return true; // the next message or letter tries again
  }
}

/** Told when the conversation is opened, and at each message of the client while it is looked at. */
export function useSeen(conversationId: string, lastInboundId: string | undefined): void {
  const { api, me } = useWorkspace();
  const unwanted = useRef<string | null>(null);
  useEffect(() => {
    const look = (): void => {
      if (lastInboundId === undefined || document.visibilityState !== 'visible') return;
      if (unwanted.current === conversationId) return;
      void tell({ api, me }, conversationId, 'read').then((wanted) => {
        if (!wanted) unwanted.current = conversationId;
      });
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, [api, me, conversationId, lastInboundId]);
}

/** To be called at each letter. */
export function useTyping(conversationId: string): () => void {
  const { api, me } = useWorkspace();
  const last = useRef({ conversationId: '', at: 0, unwanted: false });
  return () => {
    const now = Date.now();
    const isSame = last.current.conversationId === conversationId;
    if (isSame && (last.current.unwanted || now - last.current.at < TYPING_EVERY_MS)) return;
    const told = { conversationId, at: now, unwanted: false };
    last.current = told;
    void tell({ api, me }, conversationId, 'typing').then((wanted) => {
      told.unwanted = !wanted;
    });
  };
}
