import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Simulator, SimulatorOptions } from '../../simulator/index.ts';
import { startSimulator } from '../../simulator/index.ts';

/** One request as the fake gateway got it. */
export interface Received {
  method: string;
  url: URL;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

type Answer = { status: number; body?: string } | 'cut';

/** Records what is posted and answers as told; 200 unless told otherwise. */
export class FakeGateway {
  readonly received: Received[] = [];
  answer: (request: Received) => Answer | Promise<Answer> = () => ({ status: 200 });
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        const received = { method, headers, url: new URL(url, this.url), body: Buffer.concat(chunks) };
        this.received.push(received);
        void Promise.resolve(this.answer(received)).then((answer) => {
          if (answer === 'cut') request.socket.destroy();
          else response.writeHead(answer.status).end(answer.body ?? '');
        });
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/webhooks/whatsapp`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }

  /** Values of all changes of all posts, in order of arrival. */
  values(): Value[] {
    return this.received.filter(({ method }) => method === 'POST').flatMap(({ body }) => valuesOf(body));
  }

  /** Names of the statuses in order of arrival. */
  statuses(): string[] {
    return this.values().flatMap((value) => (value.statuses ?? []).map(({ status }) => String(status)));
  }

  /** Texts of the messages in order of arrival. */
  texts(): string[] {
    return this.values().flatMap((value) => (value.messages ?? []).map(textOf));
  }
}

export interface Value {
  metadata: { phone_number_id: string; display_phone_number: string };
  contacts?: Record<string, unknown>[];
  messages?: Record<string, unknown>[];
  statuses?: Record<string, unknown>[];
}

export function valuesOf(body: Buffer): Value[] {
  const parsed = JSON.parse(body.toString('utf8')) as { entry?: { changes: { value: Value }[] }[] };
  return (parsed.entry ?? []).flatMap(({ changes }) => changes.map(({ value }) => value));
}

function textOf(message: Record<string, unknown>): string {
  const { text } = message as { text?: { body?: string } };
  return text?.body ?? '';
}

export const SECRET = 'app-secret';
export const NUMBER = '1001';
export const OTHER_NUMBER = '2001';

/** Options with two businesses; statuses come at once unless a test says otherwise. */
export const optionsFor = (webhookUrl: string): SimulatorOptions => ({
  webhookUrl,
  appSecret: SECRET,
  verifyToken: 'verify-token',
  statuses: 'immediate',
  retryDelays: [1],
  numbers: [
    {
      phoneNumberId: NUMBER,
      wabaId: '1000',
      displayNumber: '+972 3-555-0100',
      accessToken: 'token-1',
      name: 'One',
    },
    {
      phoneNumberId: OTHER_NUMBER,
      wabaId: '2000',
      displayNumber: '15550200',
      accessToken: 'token-2',
      name: 'Two',
    },
  ],
});

/** Starts both; `stop` ends both. */
export async function startPair(
  options: Partial<SimulatorOptions> = {},
): Promise<{ gateway: FakeGateway; simulator: Simulator; stop: () => Promise<void> }> {
  const gateway = new FakeGateway();
  await gateway.start();
  const simulator = await startSimulator({ ...optionsFor(gateway.url), ...options });
  const stop = async (): Promise<void> => {
    await simulator.stop();
    await gateway.stop();
  };
  return { gateway, simulator, stop };
}

/** Calls the Graph API as a gateway would. */
export async function callGraph(
  simulator: Simulator,
  path: string,
  {
    method = 'GET',
    body,
    token = 'token-1',
  }: { method?: string; body?: unknown; token?: string | null } = {},
): Promise<{ status: number; text: string; json: () => Record<string, unknown> }> {
  const answer = await fetch(`${simulator.url}/v25.0/${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, text, json: () => JSON.parse(text) as Record<string, unknown> };
}

/** Sends a text as the gateway would. */
export function sendText(
  simulator: Simulator,
  address: { to?: string; recipient?: string },
  { number = NUMBER, ...rest }: Record<string, unknown> & { number?: string } = {},
): ReturnType<typeof callGraph> {
  const body = { messaging_product: 'whatsapp', ...address, type: 'text', text: { body: 'answer' }, ...rest };
  const token = number === NUMBER ? 'token-1' : 'token-2';
  return callGraph(simulator, `${number}/messages`, { method: 'POST', body, token });
}

/** Code and details of a Graph error answer. */
export function errorOf(answer: Awaited<ReturnType<typeof callGraph>>): {
  status: number;
  code: unknown;
  details: unknown;
} {
  const { error } = answer.json() as { error: { code: unknown; error_data: { details: unknown } } };
  return { status: answer.status, code: error.code, details: error.error_data.details };
}

/** The one item of a list. @throws Error when there is not exactly one */
export function only<T>(items: readonly T[] | undefined): T {
  const [item, ...others] = items ?? [];
  if (item === undefined || others.length > 0) {
    throw new Error(`One item expected, not ${items?.length ?? 0}.`);
  }
  return item;
}
