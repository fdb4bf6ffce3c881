/** Contacts and how they are known, conversations, messages and the statuses of what we sent. */
import { fieldsOf, tenantCollection, type TenantRow } from '../store/collection.ts';

const held = fieldsOf('processor');

/** What a client wants of marketing by one of our numbers. */
export interface MarketingChoice {
  stopped: boolean;
  /** `preference`: told WhatsApp itself; `refused`: a send failed for it (131050); else here: a word, a button, an agent. */
  cause: 'preference' | 'refused' | 'word' | 'button' | 'agent';
  at: Date;
  /** Of an agent's: `key:<id>`. */
  by?: string;
}

export interface ContactRow extends TenantRow {
  /** Sealed JSON strings, by the contact's own key. */
  name?: Buffer;
  username?: Buffer;
  phone?: Buffer;
  /** The one that WhatsApp named last. */
  bsuid?: Buffer;
  /** Sealed list of further BSUIDs: earlier ones and the parent's. They find the contact too. */
  aliases?: Buffer;
  /** A contact with a BSUID is never found by phone alone: a recycled number is another person. */
  hasBsuid: boolean;
  createdAt: Date;
  /** Made because this contact's number came with another person's BSUID. */
  recycledFrom?: string;
  /** A person said that both are one. Only a link: what each has stays under its own key. */
  mergedInto?: string;
  mergedAt?: Date;
  /** Principal that did: `key:<id>`. */
  mergedBy?: string;
  /** By the channel's id; absent: nobody said anything. */
  marketing?: Record<string, MarketingChoice>;
  /** Set when the contact is being erased; new items make a new contact. */
  closedAt?: Date;
}

export const Contacts = tenantCollection<ContactRow>('contacts', {
  retention: 'client-content',
  fields: {
    name: held.sealedIdentity(),
    username: held.sealedIdentity(),
    phone: held.sealedIdentity(),
    bsuid: held.sealedIdentity(),
    aliases: held.sealedIdentity(),
    hasBsuid: held.technical({ type: Boolean, required: true }),
    createdAt: held.technical({ type: Date, required: true }),
    recycledFrom: held.technical(String),
    mergedInto: held.technical(String),
    mergedAt: held.technical(Date),
    mergedBy: held.technical(String),
    marketing: held.technical({}), // our own writing, by the channel's id
    closedAt: held.technical(Date),
  },
  indexes: [
    { keys: { createdAt: -1, _id: -1 } },
    {
      keys: { mergedInto: 1 },
      acrossTenants: true,
      options: { partialFilterExpression: { mergedInto: { $exists: true } } },
    },
  ],
});

/** `_id` is the keyed digest of (kind, normalised value) under the tenant's look-up key: one owner each. */
export interface IdentityRow extends TenantRow {
  kind: 'bsuid' | 'phone';
  contactId: string;
  /** Of a phone: contacts that lost it to another person. It never goes back to them. */
  former?: string[];
  createdAt: Date;
}

export const Identities = tenantCollection<IdentityRow>('identities', {
  retention: 'client-content',
  derived: true,
  fields: {
    kind: held.technical({ type: String, required: true }),
    contactId: held.technical({ type: String, required: true }),
    former: held.technical({ type: [String], default: undefined }),
    createdAt: held.technical({ type: Date, required: true }),
  },
  indexes: [{ keys: { contactId: 1 } }],
});

export type ConversationState = 'BOT' | 'PENDING' | 'ASSIGNED' | 'RESOLVED';

/** `_id` is the keyed digest of (channel, contact or group): a race makes one. */
export interface ConversationRow extends TenantRow {
  channelId: string;
  contactId: string;
  groupId?: Buffer;
  state: ConversationState;
  /** The user who holds it while it is `ASSIGNED`. */
  assigneeId?: string;
  /** When somebody resolved it, until a minute later; and the last position that they had seen (agents/settle.ts). */
  resolvedAt?: Date;
  resolvedPosition?: number;
  /** Summary; moves only forward in `lastPosition`. */
  lastPosition: number;
  lastMessageId?: string;
  lastActivityAt: Date;
  /** Client's own clock; opens the 24-hour window. */
  lastInboundAt?: Date;
  /** When the client last called; opens the window, too. */
  lastCallAt?: Date;
  /** When the client last came by an ad or a post. */
  entryAt?: Date;
  /** Until then nothing is charged, since an ad brought the client and we answered in time. */
  freeEntryUntil?: Date;
  /** The group may not be written to. */
  groupBlocked?: 'suspended' | 'deleted';
  groupBlockedAt?: Date;
  /** When a person last wrote from the business's phone or another program: bots keep silent. */
  humanSince?: Date;
  /** Another handler of WhatsApp's holds the thread (Cloud API: standby, handover), or we do; and since when. */
  control?: 'other' | 'ours';
  controlAt?: Date;
  /** The role that holds it, as WhatsApp names it. */
  controlRole?: string;
  /** Position of the client's last message. */
  lastInboundPosition?: number;
  /** So far WhatsApp was told that we have read; set before it is told, so that nothing is told twice. */
  readPosition?: number;
  /** So far somebody wants WhatsApp to be told. */
  readDuePosition?: number;
  /** When somebody last began to type an answer. */
  typingAt?: Date;
  /** WhatsApp is to be told that they do. */
  typingDue?: boolean;
  createdAt: Date;
}

export const Conversations = tenantCollection<ConversationRow>('conversations', {
  retention: 'client-content',
  fields: {
    channelId: held.technical({ type: String, required: true }),
    contactId: held.technical({ type: String, required: true }),
    groupId: held.sealedIdentity(),
    state: held.technical({ type: String, required: true }),
    assigneeId: held.technical(String),
    resolvedAt: held.technical(Date),
    resolvedPosition: held.technical(Number),
    lastPosition: held.technical({ type: Number, required: true }),
    lastMessageId: held.technical(String),
    lastActivityAt: held.technical({ type: Date, required: true }),
    lastInboundAt: held.technical(Date),
    lastCallAt: held.technical(Date),
    entryAt: held.technical(Date),
    freeEntryUntil: held.technical(Date),
    groupBlocked: held.technical(String),
    groupBlockedAt: held.technical(Date),
    humanSince: held.technical(Date),
    control: held.technical(String),
    controlAt: held.technical(Date),
    controlRole: held.technical(String),
    lastInboundPosition: held.technical(Number),
    readPosition: held.technical(Number),
    readDuePosition: held.technical(Number),
    typingAt: held.technical(Date),
    typingDue: held.technical(Boolean),
    createdAt: held.technical({ type: Date, required: true }),
  },
  indexes: [
    { keys: { lastPosition: -1, _id: -1 } },
    { keys: { state: 1, lastPosition: -1, _id: -1 } },
    { keys: { assigneeId: 1 }, options: { partialFilterExpression: { assigneeId: { $exists: true } } } },
    { keys: { resolvedAt: 1 }, options: { partialFilterExpression: { resolvedAt: { $exists: true } } } },
    { keys: { channelId: 1, lastPosition: -1, _id: -1 } },
    { keys: { contactId: 1 } },
  ],
});

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

/**
 * `phone`: typed on the business's phone. `other-app`: another program or WhatsApp's own agent sent it. `standby`: the
 * client wrote while such a one held the thread. `history`: imported from the business's phone.
 */
export type Via = 'phone' | 'other-app' | 'standby' | 'history';

export interface MessageRow extends TenantRow {
  conversationId: string;
  channelId: string;
  contactId: string;
  direction: 'in' | 'out';
  /** WhatsApp's type: text, image, …; open set. */
  type: string;
  /** Microseconds since 1970 of receipt or acceptance here: the order of the thread. */
  position: number;
  /** WhatsApp's time of an inbound message; time of acceptance of an outbound one. */
  timestamp: Date;
  status: MessageStatus;
  /** Position of `status` on the ladder (whatsapp/status-ladder.ts); only rises. */
  rank: number;
  /** Sealed `{ content, raw? }`. */
  content?: Buffer;
  /** Sealed wamid. */
  wamid?: Buffer;
  /** Of a reaction, edit or revoke: `wamidKey` of the earlier message that it changes. */
  refersTo?: string;
  storedAt: Date;
  /** Inbound: when a worker took it from its lane and knew its owner. */
  routedAt?: Date;
  /** Inbound: it waited on a receiver's disk first. */
  spooled?: boolean;
  /** Inbound: how often it was put back from the dead letters. */
  retries?: number;
  /** Inbound: what is still to be forwarded to feed, bot and endpoints. */
  forward?: 'due' | 'done';
  forwardedAt?: Date;
  /** An earlier message of the lane came after this one had been handled. */
  late?: boolean;
  /** How it came, when the client did not write it to us or we did not send it (conversations/elsewhere.ts). */
  via?: Via;
  // Outbound only:
  /** Principal that sent it: `key:<id>`, later `user:<id>`, `bot:<id>`. */
  sentBy?: string;
  /** Keyed digest of the request body: the same Idempotency-Key with another body is 409. */
  bodyDigest?: string;
  /** Sealed: the sender's own biz_opaque_callback_data. */
  callbackData?: Buffer;
  /** Digest of that, for look-ups. */
  callbackKey?: string;
  /** It goes to a group, whose key seals it. */
  toGroup?: boolean;
  /** The next message of the conversation waits until this one was delivered. */
  awaited?: boolean;
  attemptToken?: string;
  attemptAt?: Date;
  attempts?: number;
  /** Attempts that WhatsApp did not accept, the last 20. */
  tries?: { at: Date; ms: number; outcome: string; code?: number; reason?: string }[];
  /** Not before this time: back-off. */
  dueAt?: Date;
  /** Graph error code, or 0 when the reason is ours. */
  errorCode?: number;
  /** Word of whatsapp/errors.ts that names the reason. */
  errorReason?: string;
  /** Its content is gone for good; the row stays for a while, so that a repeat is known (privacy/destroy.ts). */
  erasedAt?: Date;
}

export const Messages = tenantCollection<MessageRow>('messages', {
  retention: 'client-content',
  fields: {
    conversationId: held.technical({ type: String, required: true }),
    channelId: held.technical({ type: String, required: true }),
    contactId: held.technical({ type: String, required: true }),
    direction: held.technical({ type: String, required: true }),
    type: held.technical({ type: String, required: true }),
    position: held.technical({ type: Number, required: true }),
    timestamp: held.technical({ type: Date, required: true }),
    status: held.technical({ type: String, required: true }),
    rank: held.technical({ type: Number, required: true }),
    content: held.sealedContent(),
    wamid: held.sealedIdentity(),
    refersTo: held.technical(String),
    storedAt: held.technical({ type: Date, required: true }),
    routedAt: held.technical(Date),
    spooled: held.technical(Boolean),
    retries: held.technical(Number),
    forward: held.technical(String),
    forwardedAt: held.technical(Date),
    late: held.technical(Boolean),
    via: held.technical(String),
    sentBy: held.technical(String),
    bodyDigest: held.technical(String),
    callbackData: held.sealedContent(),
    callbackKey: held.technical(String),
    toGroup: held.technical(Boolean),
    awaited: held.technical(Boolean),
    attemptToken: held.technical(String),
    attemptAt: held.technical(Date),
    attempts: held.technical(Number),
    tries: held.technical({
      type: [{ _id: false, at: Date, ms: Number, outcome: String, code: Number, reason: String }],
      default: undefined,
    }),
    dueAt: held.technical(Date),
    errorCode: held.technical(Number),
    errorReason: held.technical(String),
    erasedAt: held.technical(Date),
  },
  indexes: [
    { keys: { conversationId: 1, position: -1, _id: -1 } },
    { keys: { forward: 1, storedAt: 1 }, options: { partialFilterExpression: { forward: 'due' } } },
    {
      keys: { status: 1, tenantId: 1, position: 1 },
      acrossTenants: true,
      options: { partialFilterExpression: { direction: 'out' } },
    },
    {
      keys: { conversationId: 1, status: 1, position: 1 },
      options: { partialFilterExpression: { direction: 'out' } },
    },
    { keys: { type: 1, storedAt: 1 }, options: { partialFilterExpression: { type: 'template' } } },
    { keys: { contactId: 1 } },
    {
      keys: { refersTo: 1 },
      acrossTenants: true,
      options: { partialFilterExpression: { refersTo: { $exists: true } } },
    },
    { keys: { callbackKey: 1 }, options: { partialFilterExpression: { callbackKey: { $exists: true } } } },
  ],
});

/** Which of our sent messages has a wamid: `_id` is `wamidKey` (conversations/ids.ts). Also absorbs echoes. */
export interface SentWamidRow extends TenantRow {
  channelId: string;
  messageId: string;
  contactId: string;
  createdAt: Date;
}

export const SentWamids = tenantCollection<SentWamidRow>('sentWamids', {
  retention: 'client-content',
  derived: true,
  fields: {
    channelId: held.technical({ type: String, required: true }),
    messageId: held.technical({ type: String, required: true }),
    contactId: held.technical({ type: String, required: true }),
    createdAt: held.technical({ type: Date, required: true }),
  },
  indexes: [{ keys: { contactId: 1 } }],
});

/** One status webhook item; stored before its message is looked for, so that neither can miss the other. */
export interface StatusRow extends TenantRow {
  channelId: string;
  /** wamidKey of the message it speaks of. */
  wamidKey: string;
  /** Our message id, when the status carries it or the wamid is known. */
  messageId?: string;
  status: string;
  /** WhatsApp's time. */
  at: Date;
  receivedAt: Date;
  errorCode?: number;
  /** Of one member of a group, not of the message. */
  ofMember?: boolean;
  /** Sealed raw status (pricing, errors, recipient) by the tenant's key. */
  raw?: Buffer;
}

export const Statuses = tenantCollection<StatusRow>('statuses', {
  retention: 'client-content',
  fields: {
    channelId: held.technical({ type: String, required: true }),
    wamidKey: held.technical({ type: String, required: true }),
    messageId: held.technical(String),
    status: held.technical({ type: String, required: true }),
    at: held.technical({ type: Date, required: true }),
    receivedAt: held.technical({ type: Date, required: true }),
    errorCode: held.technical(Number),
    ofMember: held.technical(Boolean),
    raw: held.sealedIdentity(),
  },
  indexes: [{ keys: { wamidKey: 1 } }, { keys: { messageId: 1, at: 1 } }],
});
