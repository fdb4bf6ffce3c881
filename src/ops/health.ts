/** Whether this process can do its work. Alive is not ready: an outage of a neighbour is no reason for a restart. */
import type { Context } from '../context.ts';

/** A probe waits a few seconds at most; Redis answers in a millisecond. */
const PING_WAIT_MS = 1_500;

export interface Readiness {
  ready: boolean;
  /** What keeps it from being ready, in words for the operator. */
  problems: string[];
}

export class Health {
  #draining = false;

  constructor(private readonly ctx: Pick<Context, 'store' | 'queueRedis' | 'liveRedis'>) {}

  /** From now on not ready: the process is about to stop, and a load balancer should look elsewhere. */
  drain(): void {
    this.#draining = true;
  }

  async readiness(): Promise<Readiness> {
    const { store, queueRedis, liveRedis } = this.ctx;
    const [mongo, queue, live] = await Promise.all([
      store.isReachable(),
      answers(queueRedis.ping()),
      answers(liveRedis.ping()),
    ]);
    const problems = [
      ...(this.#draining ? ['This process is stopping.'] : []),
      ...(mongo ? [] : ['MongoDB does not answer (MONGODB_URI).']),
      ...(queue ? [] : ['Redis does not answer (REDIS_URL).']),
      ...(live ? [] : ['The Redis of the live feed does not answer (REDIS_LIVE_URL).']),
    ];
    return { ready: problems.length === 0, problems };
  }
}

/** True when the answer comes in time; why it does not is in the log of the connection. */
async function answers(ping: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), PING_WAIT_MS);
  });
  const answered = ping.then(
    () => true,
    () => false,
  );
  const outcome = await Promise.race([answered, late]);
  clearTimeout(timer);
  return outcome;
}
