/** Samples and stand-ins for the console's tests: rows, a hand-driven time, a storage, a streaming answer. */
import type { Conversation, Message, Page } from '../../console/api/types.ts';
import type { Pages } from '../../console/live/sorted-pages.ts';
import type { Storage } from '../../console/ui/store.ts';

export function conversation(id: string, minute: number, fields: Partial<Conversation> = {}): Conversation {
  return {
    id,
    state: 'PENDING',
    assignee: null,
    channel: { id: 'channel', displayNumber: '+972 3-555-0101', name: 'Sales' },
    contact: { id: `contact of ${id}`, name: `Name ${id}`, phone: '+972501234567', username: null },
    lastMessage: null,
    lastInboundAt: null,
    windowExpiresAt: null,
    lastActivityAt: at(minute),
    ...fields,
  };
}

export function message(id: string, minute: number, fields: Partial<Message> = {}): Message {
  return {
    id,
    conversationId: 'c1',
    direction: 'in',
    type: 'text',
    wamid: null,
    status: 'received',
    timestamp: at(minute),
    position: Date.parse(at(minute)) * 1000,
    content: { body: `text of ${id}` },
    ...fields,
  };
}

/** A moment of one fixed day. */
export function at(minute: number): string {
  return new Date(Date.UTC(2026, 10, 22, 8, minute)).toISOString();
}

/** Loaded pages; `more` says that the list goes on after them. */
export function pagesOf<Item>(pages: Item[][], more = false): Pages<Item> {
  const wrap = (items: Item[], index: number): Page<Item> => ({
    items,
    nextCursor: index < pages.length - 1 || more ? `after ${index}` : null,
  });
  return {
    pages: pages.map(wrap),
    pageParams: pages.map((_, index) => (index === 0 ? null : `after ${index - 1}`)),
  };
}

export function idsOf(data: Pages<{ id: string }>): string[][] {
  return data.pages.map((page) => page.items.map((item) => item.id));
}

/** A time that goes on only when it is told to. */
export class HandTime {
  #now = Date.UTC(2026, 10, 22, 8);
  #timers: { due: number; callback: () => void }[] = [];

  readonly now = (): number => this.#now;

  readonly after = (ms: number, callback: () => void): (() => void) => {
    const timer = { due: this.#now + ms, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  /** The waits that are running, ms, shortest first. */
  get waits(): number[] {
    return this.#timers.map((timer) => timer.due - this.#now).toSorted((one, other) => one - other);
  }

  pass(ms: number): void {
    this.#now += ms;
    const due = this.#timers.filter((timer) => timer.due <= this.#now);
    this.#timers = this.#timers.filter((timer) => timer.due > this.#now);
    for (const timer of due) timer.callback();
  }
}

export function memoryStorage(): Storage & { values: Map<string, string> } {
  const values = new Map<string, string>();
  return {
    values,
    getItem: (name) => values.get(name) ?? null,
    setItem: (name, value) => void values.set(name, value),
    removeItem: (name) => void values.delete(name),
  };
}

/** An answer whose body is written bit by bit, and ended or broken at will. */
export interface StreamedAnswer {
  response: Response;
  write(text: string): void;
  end(): void;
  fail(): void;
}

export function streamedAnswer(signal?: AbortSignal): StreamedAnswer {
  const encoder = new TextEncoder();
  let body: ReadableStreamDefaultController<Uint8Array> | null = null;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      body = controller;
    },
  });
  signal?.addEventListener('abort', () => body?.error(new Error('aborted')));
  return {
    response: new Response(stream),
    write: (text) => body?.enqueue(encoder.encode(text)),
    end: () => body?.close(),
    fail: () => body?.error(new Error('connection reset')),
  };
}
