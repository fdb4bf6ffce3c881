/** How many live feeds a tenant holds open at this process, and each of its callers: sockets and memory are shared. */
import type { Context } from '../context.ts';
import type { Caller } from '../http/route.ts';
import { Reject } from '../ops/errors.ts';

/** Somebody else's feed has ended by then, or not. */
const TRY_AGAIN_MS = 30_000;

export class OpenFeeds {
  readonly #most: number;
  readonly #open = new Map<string, number>();

  constructor({ settings }: Pick<Context, 'settings'>) {
    this.#most = settings.FEEDS_OPEN;
  }

  /** Takes a place; one caller may hold half of its tenant's. @returns what gives it back. @throws Reject (429) `too-many-feeds` */
  take({ tenantId, principal }: Pick<Caller, 'tenantId' | 'principal'>): () => void {
    const each = `${tenantId}:${principal}`;
    const mostOfOne = Math.ceil(this.#most / 2);
    if (this.#count(each) >= mostOfOne) throw tooMany(`This key or person has ${mostOfOne}`);
    if (this.#count(tenantId) >= this.#most) throw tooMany(`This business has ${this.#most}`);
    const names = [each, tenantId];
    for (const name of names) this.#open.set(name, this.#count(name) + 1);
    return () => {
      for (const name of names.splice(0)) this.#giveBack(name);
    };
  }

  #count(name: string): number {
    return this.#open.get(name) ?? 0;
  }

  #giveBack(name: string): void {
    const left = this.#count(name) - 1;
    if (left > 0) this.#open.set(name, left);
    else this.#open.delete(name);
  }
}

function tooMany(who: string): Reject {
  return new Reject(
    429,
    'too-many-feeds',
    `${who} live feeds open here, as many as FEEDS_OPEN allows. Close one, or share one: a program needs one feed.`,
    { afterMs: TRY_AGAIN_MS },
  );
}
