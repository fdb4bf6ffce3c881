import type { DeliveryRecord } from '../webhooks/deliveries.ts';
import type { Person } from './people.ts';

/** One message of a chat as its sender wrote it; `content` is the payload under the type's name. */
interface Written {
  readonly wamid: string;
  readonly type: string;
  readonly content: unknown;
  /** wamid of the quoted message. */
  readonly quotes: string | null;
  readonly at: Date;
}

/** What the person wrote: posted to the gateway as a webhook. */
export interface ClientEntry extends Written {
  readonly author: 'client';
  readonly delivery: DeliveryRecord;
  /** Written to a group. */
  readonly group: boolean;
  /** When the business marked it read. */
  readAt: Date | null;
}

/** What the business wrote and this phone received. */
export interface BusinessEntry extends Written {
  readonly author: 'business';
  /** Written to a group of which this person is a member. */
  readonly group: boolean;
  /** When the person saw it. */
  readAt: Date | null;
}

export type Entry = ClientEntry | BusinessEntry;

/** The chat of one person with one business number. */
export class Thread {
  readonly entries: Entry[] = [];
  /** Last time that the person wrote or called: opens the 24 h window. */
  lastClientMessageAt: Date | null = null;
  /** When the person last came by an ad or a post, and when the business first answered that. */
  cameByAdAt: Date | null = null;
  adAnsweredAt: Date | null = null;
  /** Until when the business shows as typing. */
  typingUntil: Date | null = null;

  constructor(
    readonly person: Person,
    readonly phoneNumberId: string,
  ) {}

  add(entry: Entry): void {
    this.entries.push(entry);
    if (entry.author === 'business') this.typingUntil = null;
    else if (!entry.group) this.lastClientMessageAt = entry.at;
  }

  /** The person came by an ad: the free entry point begins anew. */
  comeByAd(at: Date): void {
    this.cameByAdAt = at;
    this.adAnsweredAt = null;
  }

  /**
   * Marks a client's message and all its earlier ones as read by the business; of a group that one alone.
   * @returns the changed entries
   */
  markReadByBusiness(wamid: string, at: Date): ClientEntry[] {
    const last = this.entries.findIndex((entry) => entry.wamid === wamid);
    const isOfGroup = this.entries[last]?.group === true;
    const changed = this.entries
      .slice(isOfGroup ? last : 0, last + 1)
      .filter((entry): entry is ClientEntry => entry.author === 'client' && entry.readAt === null)
      .filter((entry) => entry.group === isOfGroup);
    for (const entry of changed) entry.readAt = at;
    return changed;
  }

  /** What the person has not seen yet. */
  unread(): BusinessEntry[] {
    return this.entries.filter(
      (entry): entry is BusinessEntry => entry.author === 'business' && entry.readAt === null,
    );
  }
}

/** The wamid that a `context` names: under `id` in webhooks, under `message_id` in sends. */
export function quotedId(context: unknown, key: 'id' | 'message_id'): string | null {
  const value: unknown =
    typeof context === 'object' && context !== null ? Reflect.get(context, key) : undefined;
  return typeof value === 'string' ? value : null;
}

const WINDOW_MS = 24 * 60 * 60 * 1_000;

/** True while the business may write free-form: 24 h from the person's last message (Cloud API: customer service window). */
export function windowIsOpen(thread: Thread, now: Date): boolean {
  return isWithinWindow(thread.lastClientMessageAt, now);
}

/** The same for anything that opens a window. */
export function isWithinWindow(last: Date | null, now: Date): boolean {
  return last !== null && now.getTime() - last.getTime() < WINDOW_MS;
}

/** The chats of all people. */
export class Threads {
  readonly #threads = new Map<string, Thread>();
  readonly #byClientMessage = new Map<string, Thread>();

  /** The chat, made when it is the first word. */
  get(person: Person, phoneNumberId: string): Thread {
    const key = `${person.id} ${phoneNumberId}`;
    const known = this.#threads.get(key);
    if (known !== undefined) return known;
    const thread = new Thread(person, phoneNumberId);
    this.#threads.set(key, thread);
    return thread;
  }

  add(thread: Thread, entry: Entry): void {
    thread.add(entry);
    if (entry.author === 'client') {
      this.#byClientMessage.set(`${thread.phoneNumberId} ${entry.wamid}`, thread);
    }
  }

  /** The chat in which a client wrote this to the number. */
  ofClientMessage(phoneNumberId: string, wamid: string): Thread | undefined {
    return this.#byClientMessage.get(`${phoneNumberId} ${wamid}`);
  }

  list(): Thread[] {
    return [...this.#threads.values()];
  }
}
