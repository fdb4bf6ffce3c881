import type { Simulation } from '../simulation.ts';
import { numberOf } from '../simulation.ts';
import type { ClientMessage } from '../webhooks/client-message.ts';
import { clientMessageItem } from '../webhooks/client-message.ts';
import type { DeliveryRecord, PostOptions } from '../webhooks/deliveries.ts';
import type { EnvelopeItem, EnvelopeLayout } from '../webhooks/envelope.ts';
import { envelope } from '../webhooks/envelope.ts';
import { encodeWebhook } from '../webhooks/json.ts';
import type { Person } from './people.ts';
import { userIdFor } from './people.ts';
import { quotedId } from './threads.ts';

/** One message to write: a text, or `{ type, [type]: payload, context? }`. */
export interface Writing {
  person: Person;
  phoneNumberId: string;
  message: string | ClientMessage;
  /** Instead of a new one, to repeat a message under its id. */
  wamid?: string | undefined;
}

export interface WriteOptions {
  /** How several messages share one POST. */
  layout?: EnvelopeLayout;
  /** Posts the same bytes so many times at once, as Meta does when it repeats itself; 1 unless told otherwise. */
  times?: number;
  /** Real ms until it is posted; what the person writes meanwhile overtakes it. */
  late?: number;
  /** Fills the body up to so many bytes with a key that nobody knows, as large contents do; Meta's largest is 3 MB. */
  bytes?: number;
}

export interface Written {
  wamids: string[];
  /** The first POST, once it was answered 200 or is given up. */
  posted: Promise<DeliveryRecord>;
  /** All POSTs of the same bytes. */
  all: Promise<DeliveryRecord[]>;
  record: DeliveryRecord;
}

interface Draft extends Writing {
  item: EnvelopeItem;
  payload: ClientMessage;
  id: string;
  at: Date;
}

function draft(simulation: Simulation, writing: Writing): Draft {
  const { person, phoneNumberId, message } = writing;
  const number = numberOf(simulation, phoneNumberId);
  const payload = typeof message === 'string' ? { type: 'text', text: { body: message } } : message;
  const address = person.phone ?? userIdFor(person, number) ?? person.id;
  const id = writing.wamid ?? simulation.ids.wamid(address, 'client');
  const at = simulation.clock();
  return { ...writing, payload, id, at, item: clientMessageItem(person, number, id, at, payload) };
}

function callbackOf({ subscriptions }: Simulation, items: EnvelopeItem[]): string | null {
  const urls = new Set(items.map(({ number }) => subscriptions.callbackOf(number)));
  const [url, ...others] = urls;
  if (url === undefined || others.length > 0) {
    throw new Error(
      'One POST needs at least one message, and all its numbers need the same callback address.',
    );
  }
  return url;
}

/** The same JSON object with a last key of as many letters as are missing. */
function filledUp(body: Buffer, bytes: number | undefined): Buffer {
  const head = Buffer.from(',"padding":"');
  const tail = Buffer.from('"}');
  const missing = (bytes ?? 0) - (body.length - 1 + head.length + tail.length);
  if (missing <= 0) return body;
  return Buffer.concat([body.subarray(0, -1), head, Buffer.alloc(missing, 'x'), tail]);
}

/**
 * Lets people write: one POST with all the messages, in the lanes of all their chats.
 * @throws Error when a number does not live here
 */
export function write(simulation: Simulation, writings: Writing[], options: WriteOptions = {}): Written {
  const drafts = writings.map((writing) => draft(simulation, writing));
  const items = drafts.map(({ item }) => item);
  const body = filledUp(encodeWebhook(envelope(items, options.layout)), options.bytes);
  const changed = (): void => {
    for (const { person, phoneNumberId, id } of drafts) {
      simulation.events.emit({ type: 'message', personId: person.id, phoneNumberId, wamid: id });
    }
  };
  const post: PostOptions = {
    late: options.late,
    lanes:
      options.late !== undefined
        ? []
        : [...new Set(drafts.map(({ person, phoneNumberId }) => `chat ${person.id} ${phoneNumberId}`))],
    url: callbackOf(simulation, items),
    onChange: changed,
  };
  const first = simulation.deliveries.post(body, post);
  const repeats = Array.from({ length: (options.times ?? 1) - 1 }, () =>
    simulation.deliveries.post(body, { ...post, lanes: [] }),
  );
  for (const { person, phoneNumberId, payload, id, at } of drafts) {
    const thread = simulation.threads.get(person, phoneNumberId);
    const group = typeof payload['group_id'] === 'string' ? payload['group_id'] : undefined;
    const known = group === undefined ? undefined : simulation.groups.get(group);
    if (known !== undefined) known.lastMemberMessageAt = at;
    if (typeof payload['referral'] === 'object') thread.comeByAd(at);
    simulation.threads.add(thread, {
      author: 'client',
      wamid: id,
      type: payload.type,
      content: payload[payload.type] ?? null,
      quotes: quotedId(payload['context'], 'id'),
      at,
      delivery: first.record,
      group: group !== undefined,
      readAt: null,
    });
  }
  changed();
  return {
    wamids: drafts.map(({ id }) => id),
    record: first.record,
    posted: first.posted,
    all: Promise.all([first.posted, ...repeats.map(({ posted }) => posted)]),
  };
}
