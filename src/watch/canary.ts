/**
 * The canary: each minute one web process of the installation posts a signed webhook to itself, which goes the whole
 * way of a client's message: receiver, lane, worker, database, feed. When none has come through for three minutes,
 * the work stands still whatever the processes say of themselves, and an alarm is raised.
 *
 * Its tenant exists only as the owner of its route and its rows: there is no row of it among the tenants, so it is in
 * no list, count or report. Everything of it, keys too, goes every half hour.
 */
import { createHmac } from 'node:crypto';
import { request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

import { feedKey } from '../agents/feed.ts';
import { collections } from '../collections.ts';
import type { Context } from '../context.ts';
import { inboundMessageId } from '../conversations/ids.ts';
import { type MessageRow, Messages } from '../conversations/model.ts';
import { DeadLetters } from '../lanes/model.ts';
import { CANARY_AGENT, CANARY_TENANT } from '../ops/metrics.ts';
import { Keys } from '../store/keyring.ts';
import { asOperator, withTenant } from '../store/scope.ts';
import { type RouteRow, Routes } from '../tenants/model.ts';

/** Its phone_number_id and account: words, where WhatsApp has only digits. */
const NUMBER = 'canary';

const TURN_MS = 60_000;
const LOOK_EVERY_MS = 5_000;
/** Three in a row did not come through. */
const LATE_MS = 3 * 60_000;
const WIPE_MS = 30 * 60_000;
/** Also when none comes through: rows go within the hour. */
const WIPE_LATEST_MS = 50 * 60_000;
const ANSWER_WAIT_MS = 10_000;
/** Of a look that is under way when the process stops; the next process goes on. */
const STOP_WAIT_MS = 1_000;

export interface CanaryState {
  /** From the webhook until it was forwarded; null: none came through yet. */
  latencyMs: number | null;
  /** Since the last one came through. */
  ageMs: number | null;
  /** The alarm: nothing came through for three minutes. */
  late: boolean;
}

interface Options {
  /** Address of this process's own receiver. */
  url: URL;
  /** App secret that the receiver verifies with. */
  secret: string;
  app: string;
}

export interface Canary {
  /** One look: sends when it is this process's turn, notes what came through, raises the alarm. */
  look(): Promise<void>;
  /** As this process knows it. */
  state(): CanaryState;
  close(): Promise<void>;
}

/** Runs until closed. Without options it is off, and only removes what was left when it was on. */
export function startCanary(ctx: Context, options: Options | undefined): Canary {
  const canary = new RunningCanary(ctx, options);
  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(() => canary.look());
  }, LOOK_EVERY_MS);
  return {
    look: () => canary.look(),
    state: () => canary.state(),
    async close() {
      clearInterval(timer);
      await Promise.race([running, pause(STOP_WAIT_MS, undefined, { ref: false })]);
    },
  };
}

class RunningCanary {
  readonly #ctx: Context;
  readonly #options: Options | undefined;
  readonly #startedAt: number;
  #doneAt = 0;
  #latencyMs: number | null = null;
  #wipedAt = 0;
  #pending: { messageId: string; sentAt: number } | undefined;
  #toldAt = 0;

  constructor(ctx: Context, options: Options | undefined) {
    this.#ctx = ctx;
    this.#options = options;
    this.#startedAt = ctx.clock.now();
  }

  state(): CanaryState {
    const now = this.#ctx.clock.now();
    return {
      latencyMs: this.#latencyMs,
      ageMs: this.#doneAt === 0 ? null : Math.max(0, now - this.#doneAt),
      late: now - Math.max(this.#doneAt, this.#startedAt) > LATE_MS,
    };
  }

  async look(): Promise<void> {
    // Before the master key is proven nothing may be written, and the start tells by itself what it waits for.
    if (!this.#ctx.store.isProven) return;
    for (const step of [() => this.#read(), () => this.#settle(), () => this.#send(), () => this.#wipe()]) {
      try {
        await step();
      } catch (error) {
        // Servers are away, or it could not be stored: the alarm below tells when that lasts.
        this.#ctx.log.debug({ part: 'canary', err: error }, 'canary.step-failed');
      }
    }
    if (this.#options) await this.#alarm();
  }

  get #key(): string {
    return `${this.#ctx.prefix}:canary`;
  }

  /** What the other processes noted. */
  async #read(): Promise<void> {
    const { doneAt, latencyMs, wipedAt } = await this.#ctx.queueRedis.hgetall(this.#key);
    if (doneAt !== undefined && Number(doneAt) > this.#doneAt) {
      this.#doneAt = Number(doneAt);
      this.#latencyMs = Number(latencyMs);
    }
    this.#wipedAt = Number(wipedAt ?? 0);
  }

  /** Has the one that this process sent come through? */
  async #settle(): Promise<void> {
    const { clock, store, queueRedis } = this.#ctx;
    const pending = this.#pending;
    if (!pending) return;
    const row = await withTenant(CANARY_TENANT, () =>
      store.model(Messages).findOne({ _id: pending.messageId }).lean<MessageRow>().exec(),
    );
    if (row?.forward !== 'done') return;
    this.#pending = undefined;
    this.#doneAt = clock.now();
    this.#latencyMs = Math.max(0, (row.forwardedAt?.getTime() ?? this.#doneAt) - pending.sentAt);
    await queueRedis.hset(this.#key, { doneAt: this.#doneAt, latencyMs: this.#latencyMs });
  }

  async #send(): Promise<void> {
    const options = this.#options;
    if (!options) return;
    const now = this.#ctx.clock.now();
    const minute = Math.floor(now / TURN_MS);
    const turn = await this.#ctx.queueRedis.set(`${this.#key}:turn:${minute}`, '1', 'PX', 2 * TURN_MS, 'NX');
    if (turn !== 'OK') return;
    await ensureRoute(this.#ctx, options.app);
    const wamid = `wamid.canary.${this.#ctx.random.bytes(9).toString('hex')}`;
    const messageId = await inboundMessageId(this.#ctx, CANARY_TENANT, NUMBER, wamid);
    this.#pending = { messageId, sentAt: now };
    const status = await post(options, notification(wamid, now));
    if (status !== 200) this.#ctx.log.warn({ part: 'canary', status }, 'canary.not-taken');
  }

  /** After one came through nothing of it is under way, and the next comes later than any cache of its keys lives. */
  async #wipe(): Promise<void> {
    const { clock, queueRedis } = this.#ctx;
    const age = clock.now() - this.#wipedAt;
    const isQuiet = this.#pending === undefined && this.#doneAt === clock.now();
    if (!(isQuiet && age >= WIPE_MS) && !(this.#wipedAt > 0 && age >= WIPE_LATEST_MS)) return;
    await wipeCanary(this.#ctx);
    if (this.#options) await queueRedis.hset(this.#key, { wipedAt: clock.now() });
    else await queueRedis.del(this.#key);
  }

  /** Told by one process every three minutes; when Redis is away nobody knows of the others, so each one tells. */
  async #alarm(): Promise<void> {
    const { clock, queueRedis, log } = this.#ctx;
    const now = clock.now();
    const { late, ageMs } = this.state();
    if (!late || now - this.#toldAt < LATE_MS) return;
    this.#toldAt = now;
    const key = `${this.#key}:alarm:${Math.floor(now / LATE_MS)}`;
    const isMine = await queueRedis.set(key, '1', 'PX', LATE_MS, 'NX').catch(() => 'OK' as const);
    if (isMine !== 'OK') return;
    log.error(
      { part: 'canary', ms: ageMs ?? now - this.#startedAt, reason: 'nothing comes through' },
      'alert.canary',
    );
  }
}

/** When a canary last came through the installation, and how long it took; null: none that is known. */
export async function lastCanary(ctx: Context): Promise<Pick<CanaryState, 'ageMs' | 'latencyMs'>> {
  const { doneAt, latencyMs } = await ctx.queueRedis.hgetall(`${ctx.prefix}:canary`);
  if (doneAt === undefined) return { ageMs: null, latencyMs: null };
  return { ageMs: Math.max(0, ctx.clock.now() - Number(doneAt)), latencyMs: Number(latencyMs) };
}

async function ensureRoute(ctx: Context, app: string): Promise<void> {
  const row: Omit<RouteRow, '_id'> = {
    tenantId: CANARY_TENANT,
    channelId: 'chn_canary',
    wabaId: NUMBER,
    app,
    createdAt: new Date(ctx.clock.now()),
  };
  await asOperator('route of the canary', () =>
    ctx.store.model(Routes).updateOne({ _id: NUMBER }, { $set: row }, { upsert: true }).exec(),
  );
}

/** As WhatsApp sends it. The sender changes with the hour, so that nothing grows. */
function notification(wamid: string, now: number): Buffer {
  const from = String(10_000_000 + Math.floor(now / 3_600_000));
  const timestamp = String(Math.floor(now / 1000));
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '0', phone_number_id: NUMBER },
    contacts: [{ wa_id: from, profile: { name: NUMBER } }],
    messages: [{ id: wamid, from, timestamp, type: 'text', text: { body: NUMBER } }],
  };
  const entry = [{ id: NUMBER, changes: [{ field: 'messages', value }] }];
  return Buffer.from(JSON.stringify({ object: 'whatsapp_business_account', entry }));
}

/** @returns the status of the answer. @throws when there was none in time */
function post({ url, secret }: Options, body: Buffer): Promise<number> {
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        agent: false,
        timeout: ANSWER_WAIT_MS,
        headers: {
          'Content-Type': 'application/json',
          'Content-Length': body.length,
          'User-Agent': CANARY_AGENT,
          'X-Hub-Signature-256': `sha256=${signature}`,
        },
      },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('The receiver did not answer in time.')));
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Removes everything that canaries left: rows, keys, what was parked, the feed. */
export async function wipeCanary(ctx: Context): Promise<void> {
  for (const collection of collections.filter(({ scope }) => scope === 'tenant')) {
    await withTenant(CANARY_TENANT, () => ctx.store.model(collection).deleteMany({}).exec());
  }
  await asOperator('wipe the canary', async () => {
    await ctx.store.model(DeadLetters).deleteMany({ tenantId: CANARY_TENANT }).exec();
    await ctx.store.model(DeadLetters).deleteMany({ phoneNumberId: NUMBER }).exec();
    await ctx.store.model(Keys).deleteMany({ tenantId: CANARY_TENANT }).exec();
  });
  await ctx.liveRedis.del(feedKey(ctx.prefix, CANARY_TENANT));
}
