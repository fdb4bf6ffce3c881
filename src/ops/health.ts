/**
 * Whether this process should be given work. A web process is ready while it can take a webhook durably: into Redis
 * or, while that is away, onto its disk. What else is away is told as `degraded` and is no reason to take the process
 * out: its neighbours use the same servers, and a webhook that is refused is one that Meta may stop repeating.
 * Alive is not ready, and neither is progress: see watch/progress.ts.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';

import type { Context } from '../context.ts';
import { REFUSED_LOGIN } from '../store/errors.ts';
import { pingAll } from '../store/redis.ts';
import { inTime } from './in-time.ts';

/** A probe waits a few seconds at most; Redis answers in a millisecond. */
const PING_WAIT_MS = 1_500;
/** A disk with less room than this takes no webhook of 3 MB. */
const PROBE_BYTES = 64 * 1024;

export interface Readiness {
  ready: boolean;
  /** What keeps it from being ready, in words for the operator. */
  problems: string[];
  /** What does not work though webhooks are taken. */
  degraded: string[];
}

interface Options {
  /** Where the process spools while Redis is away; without one it needs Redis. */
  spoolFolder?: string;
  /** Further things that an operator should know. */
  notes?: () => string[];
}

export class Health {
  #draining = false;

  constructor(
    private readonly ctx: Pick<Context, 'store' | 'queueRedis' | 'liveRedis'>,
    private readonly options: Options = {},
  ) {}

  /** From now on not ready: the process is about to stop, and a load balancer should look elsewhere. */
  drain(): void {
    this.#draining = true;
  }

  /** Which of the servers answer now. */
  async servers(): Promise<{ mongodb: boolean; redis: boolean; redisLive: boolean }> {
    const { store, queueRedis, liveRedis } = this.ctx;
    const [mongodb, redis, redisLive] = await Promise.all([
      answersYes(store.isReachable()),
      answersYes(pingAll(queueRedis).then(() => true)),
      answersYes(pingAll(liveRedis).then(() => true)),
    ]);
    return { mongodb, redis, redisLive };
  }

  async readiness(): Promise<Readiness> {
    const { mongodb, redis, redisLive } = await this.servers();
    const { spoolFolder, notes } = this.options;
    const spools = !redis && spoolFolder !== undefined && (await takesFiles(spoolFolder));
    const noRedis = 'Redis does not answer (REDIS_URL)';
    const problems = [
      ...(this.#draining ? ['This process is stopping.'] : []),
      ...(redis || spools
        ? []
        : [`${noRedis}, and the spool can't be written (DATA_DIR): no webhook is taken.`]),
    ];
    const degraded = [
      ...(mongodb ? [] : [`${this.#ofMongo()}: webhooks are taken, nothing else works.`]),
      ...(spools ? [`${noRedis}: webhooks wait on the disk of this process.`] : []),
      ...(redisLive ? [] : ['The Redis of the live feed does not answer (REDIS_LIVE_URL).']),
      ...(notes?.() ?? []),
    ];
    return { ready: problems.length === 0, problems, degraded };
  }

  #ofMongo(): string {
    return this.ctx.store.isRefused ? REFUSED_LOGIN : 'MongoDB does not answer (MONGODB_URI)';
  }
}

/** Why not is in the log of the connection. */
async function answersYes(answer: Promise<boolean>): Promise<boolean> {
  return inTime(answer, PING_WAIT_MS).catch(() => false);
}

/** Tries it, since neither rights nor free bytes tell the whole truth of a disk. The file goes at once. */
async function takesFiles(folder: string): Promise<boolean> {
  const path = join(folder, `.probe-${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(Buffer.alloc(PROBE_BYTES));
      await file.datasync();
    } finally {
      await file.close();
      await unlink(path);
    }
    return true;
  } catch {
    return false; // the answer is the outcome; the receiver logs the error when it meets it
  }
}
