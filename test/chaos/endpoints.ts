/** Tenants' own servers: they keep what they took, and are slow, broken or silent when told to be. */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Webhook } from 'standardwebhooks';

import type { Arrival } from './record.ts';

export type Mood = 'well' | 'slow' | 'broken' | 'silent';

/** Answers of a slow one come within the gateway's 15 s. */
const SLOW_MS = 2_000;

interface Event {
  data: { message: { id: string; conversationId: string } };
}

export class EndpointServers {
  /** What was answered with 2xx, in that order. */
  readonly arrivals: Arrival[] = [];
  /** By tenant. */
  readonly names: Record<string, string[]> = {};
  /** Told each message that arrives for the first time. */
  onMessage: (tenant: string, message: { id: string; conversationId: string }) => void = () => undefined;
  refused = 0;
  readonly #server = http.createServer((request, response) => void this.#receive(request, response));
  readonly #doors = new Map<string, { tenant: string; secret: string }>();
  readonly #seen = new Set<string>();
  readonly #tries = new Map<string, number>();
  readonly #silenced = new Set<ServerResponse>();
  #mood: Mood = 'well';

  /**
   * Events are refused at most so many times each: the pause before the next try grows with each, and a run must
   * come to an end.
   */
  constructor(private readonly mostRefusals: number) {}

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  urlOf(name: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${name}`;
  }

  add(tenant: string, name: string, secret: string): void {
    this.#doors.set(name, { tenant, secret });
    (this.names[tenant] ??= []).push(name);
  }

  set(mood: Mood): void {
    this.#mood = mood;
    for (const response of this.#silenced) response.destroy();
    this.#silenced.clear();
  }

  async close(): Promise<void> {
    this.set('well');
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = (request.url ?? '/').slice(1);
    let body = '';
    try {
      for await (const piece of request.setEncoding('utf8')) body += piece as string;
    } catch {
      return; // cut off by the gateway's end
    }
    if (this.#refuses(`${name} ${String(request.headers['webhook-id'])}`, response)) return;
    const answer = (): void => {
      if (response.destroyed) return;
      this.#keep(name, request, body);
      response.writeHead(204).end();
    };
    if (this.#mood === 'slow') setTimeout(answer, SLOW_MS);
    else answer();
  }

  #refuses(event: string, response: ServerResponse): boolean {
    if (this.#mood !== 'broken' && this.#mood !== 'silent') return false;
    const tries = this.#tries.get(event) ?? 0;
    if (tries >= this.mostRefusals) return false;
    this.#tries.set(event, tries + 1);
    this.refused += 1;
    if (this.#mood === 'silent') this.#silenced.add(response);
    else response.writeHead(500).end();
    return true;
  }

  #keep(endpoint: string, request: IncomingMessage, body: string): void {
    const door = this.#doors.get(endpoint);
    const { message } = (JSON.parse(body) as Event).data;
    const arrival = {
      tenant: door?.tenant ?? 'none',
      endpoint,
      eventId: String(request.headers['webhook-id']),
      messageId: message.id,
      conversationId: message.conversationId,
      signed: isSigned(door?.secret, request, body),
    };
    this.arrivals.push(arrival);
    const first = `${arrival.tenant} ${message.id}`;
    if (this.#seen.has(first)) return;
    this.#seen.add(first);
    this.onMessage(arrival.tenant, message);
  }
}

function isSigned(secret: string | undefined, request: IncomingMessage, body: string): boolean {
  if (secret === undefined) return false;
  try {
    new Webhook(secret).verify(body, request.headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}
