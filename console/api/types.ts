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
  caller: { kind: 'key' | 'person' | 'operator'; id: string; name: string };
  scopes: string[];
  /** What a person must do first, in this order; empty for keys. */
  pending: ('accept-policy' | 'change-password' | 'complete-account' | 'add-second-factor')[];
  /** Of a person: sent as `X-CSRF-Token` with what changes something. */
  csrfToken?: string;
  /** False: a search finds people only. */
  searchesMessages: boolean;
  /** Where the live feed begins for whoever reads lists after this. */
  feedCursor: string;
}

export interface Channel {
  id: string;
  phoneNumberId: string;
  wabaId: string;
  displayNumber: string;
  name: string;
  status: string;
  pausedReason?: string | null;
}

/** One point of a number's check; `code` names what was found. */
export interface CheckPoint {
  point: string;
  state: 'ok' | 'warn' | 'failed' | 'unknown';
  code: string;
  values: Record<string, string>;
  title: string;
  means: string;
  todo: string | null;
}

export interface ChannelCheck {
  channelId: string;
  /** Null: it was never checked. */
  at: string | null;
  state: 'ok' | 'warn' | 'failed' | null;
  points: CheckPoint[];
}

/** A template with its variables filled in. */
export interface RenderedTemplate {
  header?: { format: string; text?: string; link?: string; filename?: string };
  body: string;
  footer?: string;
  buttons: { type: string; text: string; url?: string }[];
  cards?: { body: string }[];
}

export interface ConversationContact {
  /** What the client wants of marketing, by number. */
  marketing?: { channelId: string; state: 'stopped' | 'allowed'; cause: string; at: string }[];
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
  /** Who holds it while it is `ASSIGNED`; without a name: deleted just now. */
  assignee: { id: string; name: string | null } | null;
  channel: { id: string; displayNumber: string; name: string };
  /** Each message names its sender. */
  group?: true;
  /** `null`: a group, or a person whose data was erased. */
  contact: ConversationContact | null;
  lastMessage: LastMessage | null;
  lastInboundAt: string | null;
  /** Until when free text may be sent; `null`: the client has not written yet. */
  windowExpiresAt: string | null;
  /** Another app of WhatsApp holds the conversation: answers are refused. */
  control?: { holder: 'other'; role: string | null; since: string };
  lastActivityAt: string;
}

export interface MessageError {
  code: number | null;
  title: string;
  detail: string;
}

/** A file of a message: what of it the server has, and where to get it. */
export interface MessageMedia {
  id: string;
  /** `expired`: WhatsApp kept it for some days only, and it was not fetched in time. */
  status: 'pending' | 'stored' | 'failed' | 'expired';
  url?: string;
  thumbnailUrl?: string;
  /** Of a voice message, for browsers that play no OGG. */
  mp3Url?: string;
  mime: string;
  name?: string;
  /** Bytes. */
  size?: number;
}

/** What a message answers, or where it came from. */
export interface MessageContext {
  wamid: string | null;
  messageId: string | null;
  quoted?: { direction: Direction; type: string; preview: string };
  forwarded?: 'forwarded' | 'frequently-forwarded';
  product?: { catalogId: string | null; productRetailerId: string };
}

export interface MessageReaction {
  emoji: string;
  direction: Direction;
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
  /** Of a template of ours: what the client sees. */
  rendered?: RenderedTemplate;
  /** The whole received message, for types the server does not know. */
  raw?: Record<string, unknown>;
  /** What kind of its type, e.g. `button_reply`, `user_changed_number`, `poll_creation`. */
  kind?: string;
  context?: MessageContext;
  /** Of a reaction, edit or revoke: the earlier message that it changes. */
  refersTo?: { wamid: string; messageId: string | null };
  reply?: { id: string | null; title: string | null };
  /** A filled form. */
  form?: { name: string | null; answers: Record<string, unknown> | null };
  /** The ad or post from which the client came. */
  referral?: Record<string, unknown>;
  /** In a group: who wrote. */
  sender?: { contactId: string; name: string | null; phone: string | null; username: string | null };
  /** What stands under the message now. */
  reactions?: MessageReaction[];
  edited?: { at: string; times: number; original: Record<string, unknown> };
  revoked?: { at: string };
  /** Why an incoming message has no content, in WhatsApp's words. */
  errors?: { code: number | null; title: string; detail: string }[];
  media?: MessageMedia;
  /** How it came, when not the usual way. */
  via?: 'phone' | 'other-app' | 'standby' | 'history';
  /** Handled after newer messages; placed where it was received. */
  late?: boolean;
  /** The content was erased and is gone. */
  erased?: boolean;
  error?: MessageError;
}

/** Of a search; `conversations`: of the person, or the one of the message. */
export type Found =
  | { kind: 'contact'; contact: ConversationContact; conversations?: Conversation[] }
  | { kind: 'message'; message: Message; conversations?: Conversation[] };

/** What WhatsApp told of an account or a number. */
export interface Notice {
  id: string;
  event: string;
  severity: 'info' | 'warning' | 'critical';
  at: string;
  text: string;
}

export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

/** What the composer posts: a Cloud API text body without `messaging_product` and `to`. */
export interface TextBody {
  type: 'text';
  text: { body: string };
  /** The message that it answers. */
  context?: { message_id: string };
}

/** A reaction to a client's message; an empty emoji takes it back. */
export interface ReactionBody {
  type: 'reaction';
  reaction: { message_id: string; emoji: string };
}

export type Resolution = 'sent' | 'failed' | 'resend';
