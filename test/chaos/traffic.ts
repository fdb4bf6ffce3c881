/**
 * What clients write, posted by the simulator as Meta does: signed, in batches, repeated, of several tenants in one
 * body, with items among them that nobody can place. A chat's next message is posted only after the one before it was
 * acknowledged; chats do not wait for each other.
 */
import { setTimeout as pause } from 'node:timers/promises';

import type { Client, Simulator } from '../../simulator/index.ts';
import { change, textMessage } from '../support/webhook.ts';
import type { Chance } from './chance.ts';
import type { ToPark, Written } from './record.ts';
import type { BusinessNumber, Chat } from './world.ts';

const TICK_MS = 50;
/** Notifications on their way at once: more of an outage's would only make the run longer. */
const MOST_OPEN = 400;
/** Posts with items that must be parked: they are listed one by one at the end. */
const MOST_STRANGE = 100;
/** Behind an earlier message of its chat, that an outage holds up. */
const LONGEST_WAIT_MS = 3_600_000;
/** Meta repeats a notification also after its 200. */
const LATE_REPEAT_MS = [200, 8_000] as const;

type Post = ReturnType<Simulator['sendBatch']>['record'];
type ClientMessage = Exclude<Parameters<Client['send']>[1], string>;

/** Messages that are no text. */
const OTHERS: ClientMessage[] = [
  { type: 'location', location: { latitude: 32.0853, longitude: 34.7818, name: 'כיכר רבין' } },
  { type: 'image', image: { id: '1234567890123456', mime_type: 'image/jpeg', sha256: 'x=', caption: '📷' } },
  { type: 'contacts', contacts: [{ name: { formatted_name: 'Noa Bar' } }] },
  { type: 'unsupported', errors: [{ code: 131051, title: 'Message type unknown' }] },
  { type: 'something-new', 'something-new': { nested: [{ deep: true }] } },
];

interface Sent {
  message: Omit<Written, 'acknowledged'>;
  /** Notifications that hold it; one with 200 is enough. */
  post: Post;
}

interface Options {
  simulator: Simulator;
  chats: Chat[];
  chance: Chance;
  /** Messages a second. */
  rate: number;
}

export class Traffic {
  repeats = 0;
  readonly #of: Options;
  readonly #sent: Sent[] = [];
  readonly #strange: { post: Promise<Post>; items: Omit<ToPark, 'times'>[] }[] = [];
  readonly #turns = new Map<string, number>();
  readonly #later = new Set<Promise<unknown>>();

  constructor(options: Options) {
    this.#of = options;
  }

  get written(): Written[] {
    return this.#sent.map(({ message, post }) => ({ ...message, acknowledged: isAcknowledged(post) }));
  }

  /** Writes until the signal. */
  async run(until: AbortSignal): Promise<void> {
    const started = Date.now();
    let written = 0;
    while (!until.aborted) {
      const due = ((Date.now() - started) / 1_000) * this.#of.rate;
      while (written < due) written += this.#open() < MOST_OPEN ? this.#post() : 1;
      await pause(TICK_MS, undefined, { signal: until }).catch(() => undefined); // aborted: the loop ends
    }
  }

  /** Resolves when every notification was acknowledged. */
  async settled(): Promise<void> {
    await Promise.all(this.#later);
  }

  /** What must be parked by now: what was acknowledged, once per notification. */
  async toPark(): Promise<ToPark[]> {
    const counts = new Map<string, ToPark>();
    for (const { post, items } of this.#strange) {
      if (!isAcknowledged(await post)) continue;
      for (const item of items) {
        const name = `${item.reason} ${item.phoneNumberId}`;
        const times = (counts.get(name)?.times ?? 0) + 1;
        counts.set(name, { ...item, times });
      }
    }
    return [...counts.values()];
  }

  #open(): number {
    return this.#later.size;
  }

  /** One notification. @returns how many messages it holds */
  #post(): number {
    const { chance, chats } = this.#of;
    if (chance.happens(0.02) && this.#strange.length < MOST_STRANGE) return this.#postStrange();
    const size = chance.happens(0.03) ? chance.whole(20, 60) : chance.happens(0.3) ? chance.whole(2, 8) : 1;
    const chosen = Array.from({ length: size }, () => chance.pick(chats));
    const messages = chosen.map((chat) => this.#compose(chat));
    const { record, wamids, posted } = this.#of.simulator.sendBatch(
      chosen.map((chat, index) => ({
        client: chat.client,
        phoneNumberId: chat.number.phoneNumberId,
        message: messages[index]?.body ?? '',
      })),
      { layout: chance.pick(['merged', 'changes', 'entries'] as const) },
    );
    messages.forEach(({ message }, index) =>
      this.#sent.push({ message: { ...message, wamid: wamids[index] ?? '' }, post: record }),
    );
    this.#own(posted);
    if (chance.happens(0.15)) this.#own(this.#repeatMeanwhile(record, chance.whole(1, 2)));
    const afterMs = chance.happens(0.1) ? chance.whole(...LATE_REPEAT_MS) : undefined;
    if (afterMs !== undefined) this.#own(posted.then(() => this.#repeatLater(record, afterMs)));
    return size;
  }

  /** The same bytes while the first request may still be on its way; not before it: that would be another order. */
  async #repeatMeanwhile(record: Post, times: number): Promise<void> {
    await this.#of.simulator.waitFor(() => record.state !== 'waiting', LONGEST_WAIT_MS);
    await Promise.all(Array.from({ length: times }, () => this.#repeat(record)));
  }

  async #repeatLater(record: Post, afterMs: number): Promise<void> {
    await pause(afterMs);
    await this.#repeat(record);
  }

  async #repeat(record: Post): Promise<void> {
    this.repeats += 1;
    await this.#of.simulator.post(record.body, { retry: true });
  }

  #compose(chat: Chat): { message: Omit<Written, 'acknowledged' | 'wamid'>; body: string | ClientMessage } {
    const { chance } = this.#of;
    const turn = (this.#turns.get(chat.name) ?? 0) + 1;
    this.#turns.set(chat.name, turn);
    const text = chance.happens(0.15)
      ? null
      : `message ${turn} of ${chat.name}: שלום 👋 ${'·'.repeat(turn % 90)}`;
    const message = { tenant: chat.number.tenant, chat: chat.name, turn, text };
    return { message, body: text ?? chance.pick(OTHERS) };
  }

  /** A good message among items that nobody can place, or a body that nobody can read. */
  #postStrange(): number {
    const { chance, chats, simulator } = this.#of;
    if (chance.happens(0.2)) {
      this.#keepStrange(simulator.post('{"object": "whats', { retry: true }), [
        { reason: 'unreadable', phoneNumberId: null },
      ]);
      return 1;
    }
    const chat = chance.pick(chats);
    const { client, number } = chat;
    const { message } = this.#compose(chat);
    const text = message.text ?? 'no text';
    const wamid = `wamid.${chance.bytes(20).toString('base64url')}`;
    const body = {
      object: 'whatsapp_business_account',
      entry: strangeEntries(number, goodMessage(client, number, wamid, text)),
    };
    const lanes = [`chat ${client.id} ${number.phoneNumberId}`];
    const posting = simulator.post(body, { retry: true, lanes });
    const post = simulator.deliveries.at(-1);
    if (!post) throw new Error('The simulator did not keep the notification.');
    this.#sent.push({ message: { ...message, text, wamid }, post });
    this.#keepStrange(posting, [
      { reason: 'unrouted', phoneNumberId: NOBODYS_NUMBER },
      { reason: 'mismatch', phoneNumberId: number.phoneNumberId },
      { reason: 'unknown-field', phoneNumberId: null },
    ]);
    return 1;
  }

  #keepStrange(post: Promise<Post>, items: Omit<ToPark, 'times'>[]): void {
    this.#strange.push({ post, items });
    this.#own(post);
  }

  #own(work: Promise<unknown>): void {
    const owned = work.then(() => void this.#later.delete(owned));
    this.#later.add(owned);
  }
}

const isAcknowledged = ({ attempts }: Post): boolean => attempts.some(({ status }) => status === 200);

const NOBODYS_NUMBER = '106540352249999';

function goodMessage(client: Client, { phoneNumberId }: BusinessNumber, wamid: string, text: string) {
  const { phone, name, hidesPhone } = client.person;
  const bsuid = client.userId(phoneNumberId);
  const from = {
    ...(phone === null || hidesPhone ? {} : { phone }),
    ...(bsuid === null ? {} : { bsuid }),
  };
  const contact = {
    profile: { name },
    ...(from.phone === undefined ? {} : { wa_id: from.phone }),
    ...(bsuid === null ? {} : { user_id: bsuid }),
  };
  const timestamp = String(Math.floor(Date.now() / 1_000));
  return { contacts: [contact], messages: [{ ...textMessage(wamid, text, from), timestamp }] };
}

function strangeEntries(number: BusinessNumber, good: object) {
  const stranger = { messages: [textMessage('wamid.of-nobody', 'is anybody there?')] };
  return [
    { id: number.wabaId, changes: [{ field: 'field_of_tomorrow', value: { event: 'NEWS' } }] },
    { id: '999999999999999', changes: [change(stranger, number.phoneNumberId)] },
    { id: number.wabaId, changes: [change(stranger, NOBODYS_NUMBER), change(good, number.phoneNumberId)] },
  ];
}
