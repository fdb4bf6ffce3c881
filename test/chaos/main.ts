/** `npm run chaos`, once everything is installed and built (scripts/chaos.mjs sees to that). */
import { parseArgs } from 'node:util';

import { type ChaosResult, runChaos } from './run.ts';

const HELP = `npm run chaos -- [options]   breaks the product for a while and counts what was lost, doubled or out of order
  --minutes N        how long clients write while faults come (1)
  --seed S           names the plan of faults and the traffic (1)
  --rate R           messages a second (20)
  --mongodb-uri U    a database of yours, through a proxy that cuts and delays (MONGODB_URI; else an embedded one)
  --redis-url U      a Redis of yours, likewise (REDIS_URL; else an embedded one)
Prints one JSON document. Exit codes: 0 every promise was kept; 1 one was broken; 2 it could not be run.`;

/** A message is delivered to an endpoint that broke twice after 35 s, and a call without an answer takes 30 s. */
const QUIET_WITHIN_MS = 180_000;

const tell = (line: string): void => void process.stderr.write(`• ${line}\n`);

async function main(): Promise<number> {
  const options = {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    rate: { type: 'string', default: '20' },
    'mongodb-uri': { type: 'string' },
    'redis-url': { type: 'string' },
    help: { type: 'boolean', default: false },
  } as const;
  const { values } = parseArgs({ options });
  if (values.help) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      tell(`${signal}: the run ends early`);
      stopping.abort();
    });
  }
  const result = await runChaos({
    seed: positive('--seed', values.seed),
    durationMs: positive('--minutes', values.minutes) * 60_000,
    rate: positive('--rate', values.rate),
    mongodbUri: values['mongodb-uri'] ?? process.env.MONGODB_URI,
    redisUrl: values['redis-url'] ?? process.env.REDIS_URL,
    quietWithinMs: QUIET_WITHIN_MS,
    onProgress: tell,
    signal: stopping.signal,
    keepsLogs: true,
  });
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  tell(wordFor(result));
  return result.good ? 0 : 1;
}

function wordFor({ good, broken, logs }: ChaosResult): string {
  if (good) return 'every promise was kept';
  const kinds = Object.entries(broken).map(([kind, count]) => `${kind} ${count}`);
  return `broken: ${kinds.join(', ')}; logs in ${logs ?? 'no place'}`;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${name} must be a number above 0.\n\n${HELP}`);
  return value;
}

/** What was under way for a run that failed must not keep the process. */
function leave(code: number): void {
  process.stdout.write('', () => process.exit(code));
}

try {
  leave(await main());
} catch (error) {
  process.stderr.write(`It could not be run: ${error instanceof Error ? error.message : String(error)}\n`);
  leave(2);
}
