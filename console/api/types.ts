/**
 * What the REST API answers, as far as the console reads it. The full description is the server's
 * own /openapi.json. Times are ISO 8601 UTC strings.
 */
export type ConversationState = 'BOT' | 'PENDING' | 'ASSIGNED' | 'RESOLVED';

export type MessageStatus =
  | 'received'
  | 'queued'
  | 'sending'
  | 'unconfirmed'
  | 'accepted'
  | 'sent'
  | 'failed'
  | 'delivered'
  | 'read'
  | 'played';

export type Direction = 'in' | 'out';

export interface Me {
  tenant: { id: string; name: string; accountNumber: string };
  key: { id: string; name: string; scopes: string[] };
}

export interface Channel {
  id: string;
  phoneNumberId: string;
  wabaId: string;
  displayNumber: string;
  name: string;
  status: string;
}

export interface ConversationContact {
  id: string;
  name: string | null;
  phone: string | null;
  username: string | null;
}

export interface LastMessage {
  id: string;
  direction: Direction;
  type: string;
  /** Start of a text; else the word of the type; empty once erased. */
  preview: string;
  status: MessageStatus;
  timestamp: string;
}

export interface Conversation {
  id: string;
  state: ConversationState;
  channel: { id: string; displayNumber: string; name: string };
  /** `null`: a group, or a person whose data was erased. */
  contact: ConversationContact | null;
  lastMessage: LastMessage | null;
  lastInboundAt: string | null;
  /** Until when free text may be sent; `null`: the client has not written yet. */
  windowExpiresAt: string | null;
  lastActivityAt: string;
}

export interface MessageError {
  code: number | null;
  title: string;
  detail: string;
}

export interface Message {
  id: string;
  /** Order of the thread. */
  position: number;
  conversationId: string;
  direction: Direction;
  type: string;
  wamid: string | null;
  status: MessageStatus;
  timestamp: string;
  /** For text `{ body }`; for the rest the Cloud API's payload object of that type. */
  content: Record<string, unknown>;
  /** The whole received message, for types the server does not know. */
  raw?: Record<string, unknown>;
  /** Handled after newer messages; placed where it was received. */
  late?: boolean;
  /** The content was erased and is gone. */
  erased?: boolean;
  error?: MessageError;
}

export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
  /** Where the live feed stood before this page was read. */
  feedCursor?: string;
}

/** What the composer posts: a Cloud API text body without `messaging_product` and `to`. */
export interface TextBody {
  type: 'text';
  text: { body: string };
}

export type Resolution = 'sent' | 'failed' | 'resend';
