/**
 * One incoming or outgoing message in a small normal form, beside its untouched payload. Each function reads one
 * thing and gives undefined where it is missing or odd; what WhatsApp adds tomorrow keeps its type and its raw form.
 */
import { id, isJson, type Json, list, part, present, text } from './json.ts';
import { contextOf, type Form, formOf, type MessageContext, type Reply, replyOf } from './replies.ts';

export interface ReadMessage {
  /** What kind of its type: `list_reply`, `user_changed_number`, `poll_creation`, `voice`, … */
  kind?: string;
  /** The client's words in one line: text, caption, chosen answer, name of a place or file. */
  summary?: string;
  context?: MessageContext;
  /** The earlier message that a reaction, an edit or a revoke changes. */
  refersTo?: string;
  reply?: Reply;
  form?: Form;
  /** The ad or post from which the client came; `ctwa_clid` can't be fetched later. */
  referral?: Json;
  media?: Media;
  /** Why WhatsApp could not deliver the message to us. */
  errors?: MessageError[];
}

export interface Media {
  id: string;
  mimeType?: string;
  /** Hexadecimal, whatever form it came in. */
  sha256?: string;
  filename?: string;
  caption?: string;
  /** Recorded as a voice message. */
  voice?: boolean;
  /** Of a sticker. */
  animated?: boolean;
}

export interface MessageError {
  code: number | null;
  title: string;
  detail: string;
}

/** The type as WhatsApp names it; `unknown` where there is none. */
export function typeOf(message: Json): string {
  return text(message.type) ?? 'unknown';
}

/** The payload object of the message's type, a list under its name; `{}` when it has none we know the place of. */
export function contentOf(message: Json, type = typeOf(message)): Json {
  const payload = Object.hasOwn(message, type) ? message[type] : undefined;
  if (isJson(payload)) return payload;
  return Array.isArray(payload) ? { [type]: payload } : {};
}

/** Reads a whole incoming message. */
export function readMessage(message: Json): ReadMessage {
  const type = typeOf(message);
  const errors = errorsOf(message);
  return {
    ...readContent(type, contentOf(message, type)),
    ...present({
      context: contextOf(message),
      referral: isJson(message.referral) ? message.referral : undefined,
      errors: errors.length === 0 ? undefined : errors,
    }),
  };
}

/** What the payload of a type says by itself, also of a message that we send. */
export function readContent(
  type: string,
  content: Json,
): Pick<ReadMessage, 'kind' | 'summary' | 'refersTo' | 'reply' | 'form' | 'media'> {
  return present({
    kind: kindOf(type, content),
    summary: summaryOf(type, content),
    refersTo: refersTo(type, content),
    reply: replyOf(type, content),
    form: formOf(type, content),
    media: mediaOf(type, content),
  });
}

function kindOf(type: string, content: Json): string | undefined {
  switch (type) {
    case 'interactive':
    case 'system':
    case 'unsupported':
    case 'pin':
      return text(content.type);
    case 'audio':
      return content.voice === true ? 'voice' : undefined;
    case 'sticker':
      return content.animated === true ? 'animated' : undefined;
    case 'edit':
      return text(part(content, 'message').type);
    default:
      return undefined;
  }
}

function summaryOf(type: string, content: Json): string | undefined {
  switch (type) {
    case 'text':
      return text(content.body);
    case 'image':
    case 'video':
      return text(content.caption);
    case 'document':
      return text(content.caption) ?? text(content.filename);
    case 'location':
      return text(content.name) ?? text(content.address);
    case 'contacts':
      return contactNames(content);
    case 'button':
    case 'order':
      return text(content.text);
    case 'reaction':
      return text(content.emoji);
    case 'interactive':
      return replyOf(type, content)?.title ?? text(part(content, 'body').text);
    case 'edit': {
      const edited = editedOf(content);
      return edited && summaryOf(edited.type, edited.content);
    }
    default:
      return undefined;
  }
}

function contactNames(content: Json): string | undefined {
  const people = list(content.contacts).filter(isJson);
  const names = people.flatMap((person) => text(part(person, 'name').formatted_name) ?? []);
  return names.length === 0 ? undefined : names.join(', ');
}

function refersTo(type: string, content: Json): string | undefined {
  if (type === 'reaction' || type === 'pin') return text(content.message_id);
  return type === 'edit' || type === 'revoke' ? text(content.original_message_id) : undefined;
}

/** The new version that an `edit` brings (Cloud API: webhooks, edit); undefined when it brings none. */
export function editedOf(content: Json): { type: string; content: Json } | undefined {
  const message = part(content, 'message');
  const type = text(message.type);
  if (type === undefined) return undefined;
  const edited = contentOf(message, type);
  return Object.keys(edited).length === 0 ? undefined : { type, content: edited };
}

const MEDIA_TYPES = ['image', 'video', 'audio', 'document', 'sticker'];

/** What is needed to fetch and show a file (Cloud API: media); undefined for messages without one. */
function mediaOf(type: string, content: Json): Media | undefined {
  const mediaId = id(content.id);
  if (!MEDIA_TYPES.includes(type) || mediaId === undefined) return undefined;
  return {
    id: mediaId,
    ...present({
      mimeType: text(content.mime_type),
      sha256: digestOf(content.sha256),
      filename: text(content.filename),
      caption: text(content.caption),
      voice: typeof content.voice === 'boolean' ? content.voice : undefined,
      animated: typeof content.animated === 'boolean' ? content.animated : undefined,
    }),
  };
}

/** Base64 in webhooks, hexadecimal in the media answer. @returns hexadecimal; undefined for what is no SHA-256 */
export function digestOf(value: unknown): string | undefined {
  const written = text(value);
  if (written === undefined) return undefined;
  if (/^[0-9a-f]{64}$/i.test(written)) return written.toLowerCase();
  const bytes = /^[A-Za-z0-9+/_-]{43}=?$/.test(written) ? Buffer.from(written, 'base64') : undefined;
  return bytes?.length === 32 ? bytes.toString('hex') : undefined;
}

/**
 * Errors of a message or a value. Only `code` and the details are to be relied on (Cloud API: error codes); the
 * details may stand at either of two places.
 */
export function errorsOf(of: Json): MessageError[] {
  return list(of.errors)
    .filter(isJson)
    .map((error) => {
      const { code } = error;
      const title = text(error.title) ?? text(error.message) ?? '';
      return {
        code: typeof code === 'number' && Number.isSafeInteger(code) ? code : null,
        title,
        detail: text(part(error, 'error_data').details) ?? text(error.details) ?? title,
      };
    });
}
