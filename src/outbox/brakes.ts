/**
 * Limits of WhatsApp that several conversations share: when one message meets the limit of its number, account or
 * app, all wait. Kept in the memory of one process: each finds out by itself with one refused call, and a restart
 * costs one more. The limit of a pair needs nothing here, because its lane waits anyway.
 */
import type { Clock } from '../ops/clock.ts';
import type { ChannelRow } from '../tenants/model.ts';
import type { Scope } from '../whatsapp/errors.ts';

export class Brakes {
  readonly #clock: Clock;
  /** Shared thing → milliseconds since 1970 until which it waits. */
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Holds back everything that shares this scope with the channel. */
  hold(scope: Scope, channel: ChannelRow, ms: number): void {
    const name = sharedThings(channel)[scope];
    if (name === undefined) return;
    this.#forgetPast();
    this.#until.set(name, Math.max(this.#until.get(name) ?? 0, this.#clock.now() + ms));
  }

  /** Milliseconds for which the channel must wait; 0: it may send. */
  waitMs(channel: ChannelRow): number {
    const until = Object.values(sharedThings(channel)).map((name) => this.#until.get(name) ?? 0);
    return Math.max(0, ...until.map((time) => time - this.#clock.now()));
  }

  #forgetPast(): void {
    for (const [name, time] of this.#until) if (time <= this.#clock.now()) this.#until.delete(name);
  }
}

function sharedThings({ _id, wabaId }: ChannelRow): Partial<Record<Scope, string>> {
  return { number: `number/${_id}`, account: `account/${wabaId}`, app: 'app' };
}
