/** What a search shows of what was found. */
import type { Conversation, ConversationContact, Found } from '../api/types.ts';
import { matchesSearch } from './people.ts';

/** One thing that can be opened. */
export type FoundRow =
  | { kind: 'conversation'; id: string; conversation: Conversation }
  | { kind: 'message'; id: string; found: Extract<Found, { kind: 'message' }>; conversation: Conversation };

/**
 * What is shown: conversations of the people that were found, and loaded ones that fit, newest activity first and each
 * once; then messages, in the server's order.
 */
export function rowsOf(loaded: readonly Conversation[], found: readonly Found[], text: string): FoundRow[] {
  const near = loaded.filter((conversation) => matchesSearch(conversation, text));
  const ofPeople = found.flatMap((one) => (one.kind === 'contact' ? (one.conversations ?? []) : []));
  // What is loaded is newer: the feed keeps it current.
  const byId = new Map([...ofPeople, ...near].map((conversation) => [conversation.id, conversation]));
  const conversations = [...byId.values()].toSorted((one, other) =>
    other.lastActivityAt.localeCompare(one.lastActivityAt),
  );
  const messages = found.flatMap((one): FoundRow[] => {
    const conversation = one.kind === 'message' ? one.conversations?.[0] : undefined;
    if (one.kind !== 'message' || conversation === undefined) return [];
    return [{ kind: 'message', id: one.message.id, found: one, conversation }];
  });
  return [
    ...conversations.map((conversation): FoundRow => ({
      kind: 'conversation',
      id: conversation.id,
      conversation,
    })),
    ...messages,
  ];
}

/** People who were found and have no conversation of their own: members of groups, for example. */
export function withoutConversation(found: readonly Found[]): ConversationContact[] {
  return found.flatMap((one) =>
    one.kind === 'contact' && (one.conversations ?? []).length === 0 ? [one.contact] : [],
  );
}
