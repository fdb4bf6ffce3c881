/**
 * Programs of the tenants: they answer messages through REST, each answer under its own Idempotency-Key, asked again
 * until the gateway says that it took it.
 */
import { setTimeout as pause } from 'node:timers/promises';

import type { Api, MessageView } from '../../scripts/quickstart/rest.ts';
import type { Chance } from './chance.ts';
import type { Asked } from './record.ts';

const LONGEST_PAUSE_MS = 2_000;
/** At once, so that an outage does not pile up thousands of requests. */
const MOST_AT_ONCE = 64;

interface Options {
  apis: Record<string, Api>;
  chance: Chance;
  /** How many of the messages are answered. */
  share: number;
}

export class Answers {
  readonly asked: Asked[] = [];
  readonly #of: Options;
  readonly #open = new Set<Promise<void>>();
  #ended = false;
  #gaveUp = false;

  constructor(options: Options) {
    this.#of = options;
  }

  /** Answers some of the messages. */
  consider(tenant: string, { id, conversationId }: { id: string; conversationId: string }): void {
    const { chance, share, apis } = this.#of;
    const api = apis[tenant];
    const twice = chance.happens(0.1);
    if (!chance.happens(share) || this.#ended || !api || this.#open.size >= MOST_AT_ONCE) return;
    const answer: Asked = { tenant, conversationId, text: `answer to ${id}`, outcome: 'open', ids: [] };
    this.asked.push(answer);
    const tries = twice ? [this.#ask(api, answer), this.#ask(api, answer)] : [this.#ask(api, answer)];
    const work = Promise.all(tries).then(() => void this.#open.delete(work));
    this.#open.add(work);
  }

  get open(): number {
    return this.#open.size;
  }

  /** No new ones; resolves when all are taken or refused. */
  async end(): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#open);
  }

  /** What is not taken by now stays open. */
  giveUp(): void {
    this.#gaveUp = true;
  }

  async #ask(api: Api, answer: Asked): Promise<void> {
    const path = `/v1/conversations/${answer.conversationId}/messages`;
    const headers = { 'idempotency-key': answer.text.replaceAll(' ', '-') };
    const body = { type: 'text', text: { body: answer.text } };
    for (let waitMs = 100; !this.#gaveUp; waitMs = Math.min(2 * waitMs, LONGEST_PAUSE_MS)) {
      const { status, id } = await ask(api, path, { method: 'POST', headers, body });
      if (status >= 200 && status < 300) {
        answer.ids.push(id ?? 'none');
        answer.outcome = 'taken';
        return;
      }
      if (status >= 400 && status < 500) {
        answer.outcome = status;
        return;
      }
      await pause(waitMs);
    }
  }
}

/** Status 0: no answer, or none that can be read. */
async function ask(
  api: Api,
  path: string,
  call: { method: 'POST'; headers: Record<string, string>; body: unknown },
): Promise<{ status: number; id?: string }> {
  try {
    const { status, body } = await api.ask<MessageView | undefined>(path, call);
    return { status, ...(body?.id === undefined ? {} : { id: body.id }) };
  } catch {
    return { status: 0 };
  }
}
