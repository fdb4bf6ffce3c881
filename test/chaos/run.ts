/**
 * One chaos run: the product as built and real servers are started, clients write and tenants answer while a plan of
 * faults is carried out; then it is waited for quiet, and what is there is held against what was promised.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startSimulator } from '../../simulator/index.ts';
import { Answers } from './answers.ts';
import type { Breach } from './breach.ts';
import { Chance } from './chance.ts';
import { check } from './check.ts';
import { EndpointServers } from './endpoints.ts';
import { injectFaults } from './injector.ts';
import { acceptedBy, callsOf, deadLetters, probeOthers } from './observe.ts';
import { planFaults, type PlannedFault } from './plan.ts';
import { untilQuiet } from './quiet.ts';
import type { RunRecord, Trouble } from './record.ts';
import { openServers } from './servers.ts';
import { openSpoolDisk } from './spool-disk.ts';
import { newSecrets, openBalancer, startStack } from './stack.ts';
import { Traffic } from './traffic.ts';
import { makeChats, makeWorld, type Scale, simulatedNumbers } from './world.ts';

export interface ChaosOptions {
  seed: number;
  /** How long clients write while faults come. */
  durationMs: number;
  /** Messages a second. */
  rate: number;
  /** Foreign servers; embedded ones of the run's own where undefined. */
  redisUrl?: string | undefined;
  mongodbUri?: string | undefined;
  /** Longest wait for quiet. */
  quietWithinMs: number;
  /** Instead of the seed's own plan. */
  plan?: PlannedFault[];
  /** A module that each process of the product loads first: what a test breaks in it. */
  preload?: string;
  /** Share of the messages that are answered. */
  answered?: number;
  /** Two businesses, four numbers, two receivers and two workers, unless told otherwise. */
  scale?: Scale;
  onProgress: (line: string) => void;
  signal?: AbortSignal;
  /** Logs of the processes stay when a promise was broken. */
  keepsLogs?: boolean;
}

export interface ChaosResult {
  good: boolean;
  seed: number;
  rate: number;
  seconds: number;
  quietSeconds: number;
  servers: { redis: string; database: string; spool: string };
  counts: Record<string, number>;
  /** How often each fault came. */
  faults: Record<string, number>;
  /** How often each kind of promise was broken. */
  broken: Record<string, number>;
  /** The first of them. */
  breaches: Breach[];
  /** Where the logs are, when they were kept. */
  logs?: string;
}

const SHOWN_BREACHES = 40;
const PROGRESS_EVERY_MS = 5_000;

/** @throws Error when it could not be run */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const dataDir = await mkdtemp(join(tmpdir(), 'whatsper-chaos-'));
  const closers: (() => Promise<unknown>)[] = [];
  let keeps = options.keepsLogs === true;
  try {
    const result = await runIn(dataDir, options, closers);
    keeps &&= !result.good;
    return keeps ? { ...result, logs: join(dataDir, 'logs') } : result;
  } finally {
    for (const closer of closers.reverse()) await closer();
    if (!keeps) await rm(dataDir, { recursive: true, force: true });
  }
}

async function runIn(
  dataDir: string,
  options: ChaosOptions,
  closers: (() => Promise<unknown>)[],
): Promise<ChaosResult> {
  const { seed, rate, durationMs, onProgress: tell, redisUrl, mongodbUri } = options;
  const chance = new Chance(seed);
  const name = `chaos_${randomBytes(6).toString('hex')}`;
  const secrets = newSecrets();
  const token = newSecrets().verifyToken;
  const foreign = { redis: redisUrl !== undefined, database: mongodbUri !== undefined };
  const plan = options.plan ?? planFaults(chance.branch('faults'), { durationMs, foreign });
  for (const fault of plan) tell(`seed ${seed} plans ${wordsOf(fault)}`);

  const servers = await openServers({ dataDir, name, redisUrl, mongodbUri, onProgress: tell });
  closers.push(() => servers.close());
  const disk = await openSpoolDisk(dataDir);
  closers.push(() => disk.close());
  const endpoints = new EndpointServers(durationMs > 3 * 60_000 ? 2 : 1);
  await endpoints.listen();
  closers.push(() => endpoints.close());
  const scale = options.scale ?? 'full';
  const counts = { web: scale === 'full' ? 2 : 1, worker: 2 };
  const balancer = await openBalancer();
  closers.push(() => balancer.proxy.close());
  const simulatorChance = chance.branch('simulator');
  const simulator = await startSimulator({
    webhookUrl: `${balancer.url}/webhooks/whatsapp`,
    ...secrets,
    numbers: simulatedNumbers(scale, token),
    // Sooner than Meta, so that a run of a minute sees many repetitions; later than the receiver gives Redis up.
    webhookTimeout: 8_000,
    retryDelays: [100, 200, 400, 800, 1_600, 3_000],
    statuses: { sent: 50, delivered: 150, read: 400 },
    randomBytes: (size) => simulatorChance.bytes(size),
  });
  closers.push(() => simulator.stop());
  const stack = await startStack(
    { dataDir, name, servers, disk, secrets, graphUrl: simulator.url, counts, preload: options.preload },
    balancer,
  );
  closers.push(() => stack.stop());
  const apis = await makeWorld(stack, endpoints, { scale, token, url: balancer.url });
  const chats = makeChats(simulator, chance.branch('people'), scale, Math.min(200, Math.max(12, rate)));
  const answers = new Answers({ apis, chance: chance.branch('answers'), share: options.answered ?? 0.25 });
  closers.push(async () => answers.giveUp());
  endpoints.onMessage = (tenant, message) => answers.consider(tenant, message);
  const traffic = new Traffic({ simulator, chats, chance: chance.branch('traffic'), rate });

  const started = Date.now();
  const ending = new AbortController();
  const end = (): void => ending.abort();
  const timer = setTimeout(end, durationMs);
  options.signal?.addEventListener('abort', end, { once: true });
  const progress = setInterval(() => {
    const written = traffic.written;
    const acknowledged = written.filter((message) => message.acknowledged).length;
    tell(
      `${seconds(started)} s: written ${written.length}, acknowledged ${acknowledged}, ` +
        `events ${endpoints.arrivals.length}, answers ${answers.asked.length}, sent ${simulator.sent.length}`,
    );
  }, PROGRESS_EVERY_MS);
  let troubles: Trouble[];
  try {
    const scene = { stack, servers, disk, simulator, endpoints, tell };
    [troubles] = await Promise.all([injectFaults(scene, plan, ending.signal), traffic.run(ending.signal)]);
  } finally {
    end();
    clearTimeout(timer);
    clearInterval(progress);
  }
  const stopped = Date.now();
  tell(`${seconds(started)} s: no more faults, no more traffic`);
  const answering = answers.end();
  const scene = { dataDir, stack, simulator, traffic, answers, apis };
  const { shown, unquiet } = await untilQuiet(scene, options.quietWithinMs, tell);
  const quietSeconds = seconds(stopped);
  answers.giveUp();
  await answering;
  const run: RunRecord = {
    written: traffic.written,
    shown,
    asked: answers.asked,
    calls: callsOf(simulator),
    accepted: acceptedBy(simulator),
    arrivals: endpoints.arrivals,
    endpoints: endpoints.names,
    parked: await deadLetters(stack),
    toPark: await traffic.toPark(),
    probes: await probeOthers(apis, shown),
    troubles,
    unquiet: [...unquiet, ...stack.crashes],
  };
  const breaches = check(run);
  return {
    good: breaches.length === 0,
    seed,
    rate,
    seconds: seconds(started),
    quietSeconds,
    servers: {
      redis: foreign.redis ? 'foreign' : 'embedded',
      database: foreign.database ? 'foreign' : 'embedded',
      spool: disk.kind,
    },
    counts: countsOf(run, { repeats: traffic.repeats, endpointRefusals: endpoints.refused, simulator }),
    faults: tally(troubles.map(({ kind }) => kind)),
    broken: tally(breaches.map(({ kind }) => kind)),
    breaches: breaches.slice(0, SHOWN_BREACHES),
  };
}

function countsOf(
  run: RunRecord,
  more: { repeats: number; endpointRefusals: number; simulator: Awaited<ReturnType<typeof startSimulator>> },
): Record<string, number> {
  const attempts = more.simulator.deliveries.flatMap((delivery) => delivery.attempts);
  const out = run.shown.filter(({ direction }) => direction === 'out');
  return {
    written: run.written.length,
    acknowledged: run.written.filter(({ acknowledged }) => acknowledged).length,
    stored: run.shown.length - out.length,
    late: run.shown.filter(({ late }) => late).length,
    repeated: more.repeats,
    notifications: more.simulator.deliveries.length,
    requests: attempts.length,
    refusedWith503: attempts.filter(({ status }) => status === 503).length,
    withoutAnswer: attempts.filter(({ status }) => status === null).length,
    events: run.arrivals.length,
    refusedByEndpoints: more.endpointRefusals,
    answersTaken: run.asked.filter(({ outcome }) => outcome === 'taken').length,
    sendCalls: run.calls.length,
    sent: run.accepted.length,
    unconfirmed: out.filter(({ status }) => status === 'unconfirmed').length,
    failed: out.filter(({ status }) => status === 'failed').length,
    parked: run.parked.length,
  };
}

function tally(names: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names.sort()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

const seconds = (since: number): number => Math.round((Date.now() - since) / 100) / 10;

function wordsOf({ atMs, kind, target, forMs }: PlannedFault): string {
  return `${kind} ${target + 1} at ${(atMs / 1_000).toFixed(1)} s for ${(forMs / 1_000).toFixed(1)} s`;
}
