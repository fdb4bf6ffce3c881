/** What one feed event does to each kind of loaded data. Pure: the same event twice changes nothing more. */
import type { Conversation, ConversationState, LastMessage, Message } from '../api/types.ts';
import type { FeedEvent } from './feed.ts';
import { changeItem, type Pages, placeItem } from './sorted-pages.ts';

/** Which conversations a list shows: one state, or all. */
export type StateFilter = ConversationState | 'ALL';

/** A conversation list after the event. */
export function applyToConversations(
  data: Pages<Conversation>,
  event: FeedEvent,
  filter: StateFilter,
): Pages<Conversation> {
  if (event.conversation !== undefined) {
    return placeItem(data, event.conversation, {
      orderOf: (conversation) => Date.parse(conversation.lastActivityAt),
      belongs: (conversation) => filter === 'ALL' || conversation.state === filter,
    });
  }
  const message = event.message;
  if (message === undefined) return data;
  return changeItem(data, event.conversationId, (conversation) => withMessageStatus(conversation, message));
}

/** One conversation after the event; the same object when the event does not concern it. */
export function applyToConversation(conversation: Conversation, event: FeedEvent): Conversation {
  if (event.conversationId !== conversation.id) return conversation;
  if (event.conversation !== undefined) return event.conversation;
  return event.message === undefined ? conversation : withMessageStatus(conversation, event.message);
}

/** A thread after the event. */
export function applyToMessages(
  data: Pages<Message>,
  event: FeedEvent,
  conversationId: string,
): Pages<Message> {
  const message = event.message;
  if (message === undefined || message.conversationId !== conversationId) return data;
  return placeItem(data, message, { orderOf: (item) => item.position, belongs: () => true });
}

/**
 * True when the event brings a message but not the conversation's new summary, and the message is not
 * just a new status of the last one: then the conversation has to be read.
 */
export function needsConversation(event: FeedEvent, known: Conversation | undefined): boolean {
  if (event.conversation !== undefined || event.message === undefined) return false;
  return known?.lastMessage?.id !== event.message.id && event.type !== 'message.status';
}

function withMessageStatus(conversation: Conversation, message: Message): Conversation {
  if (conversation.lastMessage?.id !== message.id) return conversation;
  const lastMessage: LastMessage = { ...conversation.lastMessage, status: message.status };
  return { ...conversation, lastMessage };
}
