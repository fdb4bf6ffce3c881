/** Reads a live feed as the console does: by fetch, never with the key in the address. */
import { createParser, type EventSourceMessage } from 'eventsource-parser';

import { until } from '../support/until.ts';

export interface Reading {
  url: string;
  key: string;
  lastEventId?: string | undefined;
  cursor?: string | undefined;
}

export interface Event {
  id: string | undefined;
  type: string;
  data: { type: string; conversationId?: string; message?: { id: string }; conversation?: { id: string } };
}

export class FeedReader {
  readonly events: Event[] = [];
  readonly comments: string[] = [];
  readonly response: Response;
  retryMs = 0;
  ended = false;
  /** Everything that came, as it came. */
  text = '';
  readonly #abort: AbortController;

  private constructor(response: Response, abort: AbortController) {
    this.response = response;
    this.#abort = abort;
    void this.#read();
  }

  /** Opens a feed; throws unless it is answered 200. */
  static async open({ url, key, lastEventId, cursor }: Reading): Promise<FeedReader> {
    const abort = new AbortController();
    const address = `${url}/v1/feed${cursor === undefined ? '' : `?cursor=${cursor}`}`;
    const headers = {
      Authorization: `Bearer ${key}`,
      ...(lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }),
    };
    const response = await fetch(address, { headers, signal: abort.signal });
    if (response.status !== 200) throw new Error(`The feed answered ${response.status}.`);
    return new FeedReader(response, abort);
  }

  get lastEventId(): string | undefined {
    return this.events.findLast(({ id }) => id !== undefined)?.id;
  }

  /** Ids of the messages that the events brought, in order. */
  get messageIds(): string[] {
    return this.events.flatMap(({ data }) => data.message?.id ?? []);
  }

  /** Waits for the event that brings this message. */
  async message(messageId: string): Promise<Event> {
    return until(`the event of ${messageId}`, () =>
      this.events.find(({ data }) => data.message?.id === messageId),
    );
  }

  async event(type: string): Promise<Event> {
    return until(`an event ${type}`, () => this.events.find((event) => event.type === type));
  }

  async end(): Promise<void> {
    await until('the end of the feed', () => this.ended);
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.end();
  }

  async #read(): Promise<void> {
    const parser = createParser({
      onEvent: (event) => this.events.push(readEvent(event)),
      onRetry: (ms) => (this.retryMs = ms),
      onComment: (comment) => this.comments.push(comment),
    });
    const decoder = new TextDecoder();
    try {
      for await (const chunk of this.response.body as unknown as AsyncIterable<Uint8Array>) {
        const text = decoder.decode(chunk, { stream: true });
        this.text += text;
        parser.feed(text);
      }
    } catch {
      // cut off or aborted: both are an end
    }
    this.ended = true;
  }
}

function readEvent({ id, event = '', data }: EventSourceMessage): Event {
  return { id, type: event, data: JSON.parse(data) as Event['data'] };
}
