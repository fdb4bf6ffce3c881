/** The gateway's REST interface as a program of a tenant uses it, and the simulator's control API. */
import { setTimeout as delay } from 'node:timers/promises';

export interface MessageView {
  id: string;
  conversationId: string;
  direction: 'in' | 'out';
  type: string;
  wamid: string | null;
  status: string;
  content: Record<string, unknown>;
  raw?: Record<string, unknown>;
}

export interface ConversationView {
  id: string;
  state: string;
  assignee: { id: string; name: string | null } | null;
  channel: { id: string };
  contact: { name: string | null; phone: string | null; username: string | null } | null;
}

export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
  feedCursor?: string;
}

export interface Answer<Body> {
  status: number;
  body: Body;
}

interface Call {
  method?: 'GET' | 'POST';
  body?: unknown;
  headers?: Record<string, string>;
}

/** One request; an answer of any status is returned, with its JSON body. */
async function call<Body>(url: string, { method = 'GET', body, headers = {} }: Call): Promise<Answer<Body>> {
  const answer = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(15_000),
  });
  const text = await answer.text();
  return { status: answer.status, body: (text === '' ? undefined : JSON.parse(text)) as Body };
}

/** Requests with an API key, or with the headers of a session. */
export class Api {
  constructor(
    private readonly url: string,
    private readonly credential: string | Record<string, string>,
  ) {}

  /** Any status is an answer. */
  async ask<Body>(path: string, { headers, ...rest }: Call = {}): Promise<Answer<Body>> {
    return call(`${this.url}${path}`, {
      ...rest,
      headers: { ...this.#credentials(), ...headers },
    });
  }

  #credentials(): Record<string, string> {
    const { credential } = this;
    return typeof credential === 'string' ? { authorization: `Bearer ${credential}` } : credential;
  }

  /** @throws Error for any status but 2xx */
  async get<Body>(path: string): Promise<Body> {
    return succeeded(path, await this.ask<Body>(path));
  }

  /** @throws Error for any status but 2xx */
  async post<Body>(path: string, body: unknown): Promise<Body> {
    return succeeded(path, await this.ask<Body>(path, { method: 'POST', body }));
  }

  conversations(): Promise<Page<ConversationView>> {
    return this.get('/v1/conversations?limit=100');
  }

  /** Newest first; all pages. */
  async messages(conversationId: string): Promise<MessageView[]> {
    const found: MessageView[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page: Page<MessageView> = await this.get(
        `/v1/conversations/${conversationId}/messages?limit=100${query}`,
      );
      found.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return found;
  }

  async reply(conversationId: string, text: string, idempotencyKey: string): Promise<MessageView> {
    const path = `/v1/conversations/${conversationId}/messages`;
    const body = { type: 'text', text: { body: text } };
    const headers = { 'idempotency-key': idempotencyKey };
    return succeeded(path, await this.ask<MessageView>(path, { method: 'POST', body, headers }));
  }
}

/** A person of the simulator as its control API shows one. */
export interface Person {
  id: string;
  name: string;
  phone: string | null;
  userId: string | null;
}

export interface Delivery {
  id: string;
  state: string;
  attempts: { status: number | null; milliseconds: number }[];
}

/** A message as the person's phone shows it: `out` is what the person wrote. */
export interface PhoneMessage {
  wamid: string;
  direction: 'in' | 'out';
  type: string;
  content: { body?: string };
  ticks: string | null;
}

interface SimulatorState {
  receivedByCallbackData: Record<string, number>;
  threads: { personId: string; phoneNumberId: string; messages: PhoneMessage[] }[];
}

/** The simulator's control API. */
export class Phones {
  constructor(private readonly url: string) {}

  async people(): Promise<Person[]> {
    return (await this.#ask<{ items: Person[] }>('/people')).items;
  }

  /** Writes as a person: a text, or a message object of any type. */
  write(
    personId: string,
    phoneNumberId: string,
    message: string | Record<string, unknown>,
    repeat: { wamid?: string; times?: number } = {},
  ): Promise<{ wamid: string; deliveryId: string }> {
    return this.#ask(`/people/${personId}/messages`, { phoneNumberId, message, ...repeat });
  }

  async thread(personId: string, phoneNumberId: string): Promise<PhoneMessage[]> {
    const path = `/people/${personId}/messages?phoneNumberId=${phoneNumberId}`;
    return (await this.#ask<{ items: PhoneMessage[] }>(path)).items;
  }

  async delivery(id: string): Promise<Delivery | undefined> {
    const { items } = await this.#ask<{ items: Delivery[] }>('/deliveries');
    return items.find((delivery) => delivery.id === id);
  }

  /** Posts a body of our own, signed unless `signature` says otherwise. */
  post(body: Record<string, unknown>, signature?: string): Promise<Delivery> {
    return this.#ask('/webhooks', { json: body, ...(signature === undefined ? {} : { signature }) });
  }

  async orderFault(fault: Record<string, unknown>): Promise<void> {
    await this.#ask('/faults', { fault });
  }

  state(): Promise<SimulatorState> {
    return this.#ask('/state');
  }

  handshake(): Promise<{ ok: boolean; status: number | null }> {
    return this.#ask('/handshake', {});
  }

  async #ask<Body>(path: string, body?: unknown): Promise<Body> {
    const url = `${this.url}/control${path}`;
    return succeeded(path, await call<Body>(url, { method: body === undefined ? 'GET' : 'POST', body }));
  }
}

/** An answer that is no success. */
export class AnswerError extends Error {
  constructor(
    readonly status: number,
    path: string,
    body: unknown,
  ) {
    super(`${path.split('?')[0]} answered ${status}: ${JSON.stringify(body)}`);
  }
}

function succeeded<Body>(path: string, { status, body }: Answer<Body>): Body {
  if (status >= 200 && status < 300) return body;
  throw new AnswerError(status, path, body);
}

const POLL_MS = 25;

/**
 * Asks again until there is an answer other than undefined.
 * @throws Error that names what was waited for
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  withinMs = 15_000,
): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const found = await ask();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${withinMs / 1000} s`);
    await delay(POLL_MS);
  }
}
