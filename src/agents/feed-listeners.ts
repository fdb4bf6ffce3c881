/**
 * Who listens here: one entry for each key or session, shared by all streams that were opened with it. It is looked up
 * for each stream that opens and again every few seconds, by one look-up for all who ask at the same time.
 */
import { recordListening } from '../audit/views.ts';
import type { Context } from '../context.ts';
import type { Caller } from '../http/route.ts';
import { GroupCommit } from '../lanes/group-commit.ts';
import { Reject } from '../ops/errors.ts';
import { authenticate, type Credential, requireNothingPending, requireScopes } from '../tenants/auth.ts';
import type { FeedClient } from './feed-client.ts';

/** How often `tick` is to be called. */
export const TICK_MS = 500;
/** A revoked key's stream ends within RECHECK_MS + TICK_MS and the time of one look-up: less than 5 s. */
const RECHECK_MS = 2_500;
/** Streams that one look-up answers. */
const LOOK_LIMIT = 1_000;

const NEEDED = ['conversations:read', 'messages:read'] as const;

export interface Listener {
  /** All that the credential says. */
  name: string;
  /** A stream that asks while a look-up runs gets the next one's answer, so that none is older than its question. */
  looks: GroupCommit<undefined, Caller>;
  clients: Set<FeedClient>;
  /** Streams that wait for a look-up. */
  asking: number;
  checkedAt: number;
}

export class Listeners {
  readonly #ctx: Context;
  readonly #listeners = new Map<string, Listener>();

  constructor(ctx: Context) {
    this.#ctx = ctx;
  }

  /** Who comes with this, if they may listen. @throws Reject (401, 403), or when a server is away */
  async admit(credential: Credential): Promise<{ listener: Listener; caller: Caller }> {
    const name = JSON.stringify(credential.headers);
    const listener = this.#listeners.get(name) ?? this.#newListener(name, credential);
    listener.asking += 1;
    try {
      return { listener, caller: await listener.looks.add(undefined) };
    } finally {
      listener.asking -= 1;
      this.#dropUnused(listener);
    }
  }

  /** From now on the stream is kept alive, and ends with its key or session. */
  join(listener: Listener, client: FeedClient): void {
    const { name } = listener;
    const present = this.#listeners.get(name) ?? listener; // it may have been dropped, and another come, meanwhile
    this.#listeners.set(name, present);
    present.clients.add(client);
  }

  leave({ name }: Listener, client: FeedClient): void {
    const present = this.#listeners.get(name);
    present?.clients.delete(client);
    if (present) this.#dropUnused(present);
  }

  /** Heartbeats, and another look at each key or session that has not been looked at for a while. */
  tick(): void {
    const now = performance.now();
    for (const listener of this.#listeners.values()) {
      for (const client of listener.clients) client.keepAlive(now);
      if (now - listener.checkedAt < RECHECK_MS) continue;
      listener.checkedAt = now;
      void this.#recheck(listener);
    }
  }

  /** Ends the streams of a key or session that ended or lost a right; also when nobody can say, since content must not leak. */
  async #recheck({ looks, clients }: Listener): Promise<void> {
    try {
      await recordListening(this.#ctx, await looks.add(undefined));
    } catch (error) {
      for (const client of [...clients]) client.end(error instanceof Reject ? 'key' : 'unavailable');
    }
  }

  #newListener(name: string, credential: Credential): Listener {
    const look = async (asking: undefined[]) => {
      const caller = await authenticate(this.#ctx, credential);
      requireListener(caller);
      return asking.map(() => caller);
    };
    const listener: Listener = {
      name,
      looks: new GroupCommit(look, LOOK_LIMIT),
      clients: new Set(),
      asking: 0,
      checkedAt: performance.now(),
    };
    this.#listeners.set(name, listener);
    return listener;
  }

  #dropUnused(listener: Listener): void {
    const { name, clients, asking } = listener;
    if (clients.size > 0 || asking > 0) return;
    if (this.#listeners.get(name) === listener) this.#listeners.delete(name);
  }
}

/** @throws Reject (403) */
function requireListener(caller: Caller): void {
  if (caller.kind === 'operator') {
    throw new Reject(403, 'read-only', 'Support reads by asking: nobody listens in silence.');
  }
  requireScopes(caller, NEEDED);
  requireNothingPending(caller);
}
