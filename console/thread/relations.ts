/**
 * What messages say about one another: reactions under the message they are on, edits and deletions of it, and what an
 * answer quotes. The server tells most of it with the message; what stands in the loaded thread besides is read from there.
 */
import type { Message, MessageContext } from '../api/types.ts';
import { fields, string } from './fields.ts';

/** The message that another one quotes. */
export interface Quote {
  /** To jump to; `null` when it is not loaded. */
  id: string | null;
  direction: Message['direction'] | null;
  type: string | null;
  /** The message itself when it is loaded, else the start that the server told. */
  message: Message | null;
  preview: string | null;
}

/** What stands around one message. */
export interface Marks {
  quote: Quote | null;
  reactions: string[];
  forwarded: MessageContext['forwarded'] | null;
  /** The catalog's product that is asked about. */
  product: string | null;
}

export interface ThreadMessage {
  message: Message;
  marks: Marks;
}

/** Types that change an earlier message and stand alone only where that one is not shown. */
const CHANGES: ReadonlySet<string> = new Set(['reaction', 'edit', 'revoke']);

/** The messages as a thread shows them, newest first: changes folded into what they change. */
export function relate(newestFirst: readonly Message[]): ThreadMessage[] {
  const byWamid = new Map(newestFirst.map((message) => [message.wamid ?? '', message]));
  byWamid.delete('');
  const byId = new Map(newestFirst.map((message) => [message.id, message]));
  const find = (wamid: string | null, id: string | null = null): Message | undefined =>
    (id === null ? undefined : byId.get(id)) ?? (wamid === null ? undefined : byWamid.get(wamid));

  const changes = new Map<string, Message[]>();
  const shown = newestFirst.filter((message) => {
    if (!CHANGES.has(message.type) || isTroubled(message)) return true;
    const target = targetOf(message);
    const changed = find(target.wamid, target.id);
    if (changed === undefined || CHANGES.has(changed.type)) return true;
    changes.set(changed.id, [message, ...(changes.get(changed.id) ?? [])]);
    return false;
  });
  return shown.map((message) => {
    const oldestFirst = changes.get(message.id) ?? [];
    return { message: changedBy(message, oldestFirst), marks: marksOf(message, oldestFirst, find) };
  });
}

/** A change of ours that failed is shown, so that the agent sees why. */
function isTroubled({ direction, status }: Message): boolean {
  return direction === 'out' && (status === 'failed' || status === 'unconfirmed');
}

function targetOf(message: Message): { wamid: string | null; id: string | null } {
  const { refersTo, content } = message;
  if (refersTo !== undefined) return { wamid: refersTo.wamid, id: refersTo.messageId };
  return { wamid: string(content.message_id) ?? string(content.original_message_id), id: null };
}

/** The message as it stands after its edits and deletion, unless the server has told that already. */
function changedBy(message: Message, oldestFirst: readonly Message[]): Message {
  return oldestFirst.reduce((current, change) => {
    if (change.type === 'revoke' && current.revoked === undefined) {
      return { ...current, revoked: { at: change.timestamp } };
    }
    if (change.type !== 'edit' || message.edited !== undefined) return current;
    const edited = fields(change.content.message);
    const content = fields(edited[string(edited.type) ?? '']);
    const times = (current.edited?.times ?? 0) + 1;
    const original = current.edited?.original ?? message.content;
    return {
      ...current,
      content: { ...current.content, ...content },
      edited: { at: change.timestamp, times, original },
    };
  }, message);
}

function marksOf(
  message: Message,
  oldestFirst: readonly Message[],
  find: (wamid: string | null, id?: string | null) => Message | undefined,
): Marks {
  const context = message.context ?? contextInRaw(message);
  return {
    quote: context === null ? null : quoteOf(context, find),
    reactions: message.reactions?.map(({ emoji }) => emoji) ?? reactionsIn(oldestFirst),
    forwarded: context?.forwarded ?? null,
    product: context?.product?.productRetailerId ?? null,
  };
}

/** The last reaction of each side; one without an emoji took the earlier one back. */
function reactionsIn(oldestFirst: readonly Message[]): string[] {
  const latest = new Map<string, string | null>();
  for (const { type, direction, sender, content } of oldestFirst) {
    if (type === 'reaction') latest.set(`${direction} ${sender?.contactId ?? ''}`, string(content.emoji));
  }
  return [...latest.values()].filter((emoji) => emoji !== null);
}

function contextInRaw(message: Message): MessageContext | null {
  const context = fields(fields(message.raw).context);
  if (Object.keys(context).length === 0) return null;
  const product = fields(context.referred_product);
  const productRetailerId = string(product.product_retailer_id);
  const forwarded =
    context.frequently_forwarded === true
      ? ('frequently-forwarded' as const)
      : context.forwarded === true
        ? ('forwarded' as const)
        : null;
  return {
    wamid: string(context.id),
    messageId: null,
    ...(forwarded === null ? {} : { forwarded }),
    ...(productRetailerId === null
      ? {}
      : { product: { catalogId: string(product.catalog_id), productRetailerId } }),
  };
}

function quoteOf(
  { wamid, messageId, quoted }: MessageContext,
  find: (wamid: string | null, id?: string | null) => Message | undefined,
): Quote | null {
  if (wamid === null && messageId === null) return null;
  const message = find(wamid, messageId) ?? null;
  return {
    id: message?.id ?? null,
    direction: message?.direction ?? quoted?.direction ?? null,
    type: message?.type ?? quoted?.type ?? null,
    message,
    preview: quoted?.preview ?? null,
  };
}
