/** Carries out the plan of faults; each ends with everything as it was before. */
import { setTimeout as pause } from 'node:timers/promises';

import type { Simulator } from '../../simulator/index.ts';
import type { EndpointServers } from './endpoints.ts';
import { type FaultKind, isBreaking, type PlannedFault } from './plan.ts';
import type { Trouble } from './record.ts';
import type { RunServer, RunServers } from './servers.ts';
import type { SpoolDisk } from './spool-disk.ts';
import type { Role, Stack } from './stack.ts';

interface Scene {
  stack: Stack;
  servers: RunServers;
  disk: SpoolDisk;
  simulator: Simulator;
  endpoints: EndpointServers;
  tell: (line: string) => void;
}

type GraphFault = Parameters<Simulator['faults']['nextSend']>[0];

/** What Meta does wrong, in turn, to so many sends. */
const GRAPH: Partial<Record<FaultKind, { faults: GraphFault[]; times: number }>> = {
  'graph-slow': { faults: [{ kind: 'slow', milliseconds: 2_500 }], times: 10 },
  'graph-limit': {
    faults: [
      { kind: 'error', code: 130429 },
      { kind: 'error', code: 4, httpStatus: 429 },
    ],
    times: 2,
  },
  'graph-unavailable': {
    faults: [
      { kind: 'error', code: 131016 },
      { kind: 'error', code: 2 },
    ],
    times: 2,
  },
  'graph-without-word': {
    faults: [
      { kind: 'http', status: 500 },
      { kind: 'http', status: 502, accepted: true },
    ],
    times: 4,
  },
  'graph-cut-before': { faults: [{ kind: 'reset', accepted: false }], times: 3 },
  'graph-cut-after': { faults: [{ kind: 'reset', accepted: true }], times: 6 },
  'graph-hang': { faults: [{ kind: 'hang', accepted: true }, { kind: 'hang' }], times: 1 },
  'statuses-mixed': {
    faults: [{ kind: 'reversedStatuses' }, { kind: 'repeatedStatuses', times: 3 }],
    times: 10,
  },
};

const MOODS: Partial<Record<FaultKind, Parameters<EndpointServers['set']>[0]>> = {
  'endpoints-slow': 'slow',
  'endpoints-500': 'broken',
  'endpoints-hang': 'silent',
};

/** A paused Redis is given up by the receivers after 5 s; what is killed after that has spooled. */
const SPOOLING_AFTER_MS = 6_000;

/** A delay of each piece on the way to a foreign server, in ms. */
const DELAY_MS = 60;

/** Runs the whole plan. @returns what was away when */
export async function injectFaults(
  scene: Scene,
  plan: PlannedFault[],
  until: AbortSignal,
): Promise<Trouble[]> {
  const ending = new AbortController();
  const { signal } = ending;
  const end = (): void => ending.abort();
  until.addEventListener('abort', end, { once: true });
  const started = Date.now();
  const troubles: Trouble[] = [];
  const carryOut = async (fault: PlannedFault): Promise<void> => {
    const { kind, forMs, target } = fault;
    await pause(Math.max(0, started + fault.atMs - Date.now()), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    scene.tell(`fault: ${kind} ${target + 1}, ${(forMs / 1_000).toFixed(1)} s`);
    const trouble = { kind, from: Date.now(), to: Infinity };
    troubles.push(trouble);
    await inject(scene, fault, () => pause(forMs, undefined, { signal }).catch(() => undefined));
    trouble.to = Date.now();
  };
  // One after the other within a track: a process may take longer to come back than the plan thought.
  const outcomes = await Promise.allSettled(
    [plan.filter(isBreaking), plan.filter((fault) => !isBreaking(fault))].map(async (track) => {
      try {
        for (const fault of track) await carryOut(fault);
      } catch (error) {
        end(); // the other track puts everything back now
        throw error;
      }
    }),
  );
  const broken = outcomes.find((outcome) => outcome.status === 'rejected');
  if (broken) throw broken.reason;
  return troubles;
}

async function inject(
  scene: Scene,
  { kind, target }: PlannedFault,
  last: () => Promise<unknown>,
): Promise<void> {
  const { stack, servers, endpoints } = scene;
  const mood = MOODS[kind];
  if (mood) {
    endpoints.set(mood);
    await last();
    return endpoints.set('well');
  }
  if (GRAPH[kind]) return disturbSends(scene.simulator, GRAPH[kind], last);
  switch (kind) {
    case 'web-kill':
    case 'worker-kill':
      return stack.killAndRestart(roleOf(kind), target, last);
    case 'worker-kill-both':
      await Promise.all([0, 1].map((index) => stack.killAndRestart('worker', index, last)));
      return;
    case 'web-pause':
    case 'worker-pause':
      return pauseProcess(stack.pid(roleOf(kind), target), last);
    case 'spool-full':
      return fillSpool(scene, last);
    case 'web-kill-while-spooling':
      return killWhileSpooling(scene, target, last);
    default:
      return breakServer(kind.startsWith('redis') ? servers.redis : servers.database, kind, last);
  }
}

const roleOf = (kind: FaultKind): Role => (kind.startsWith('web') ? 'web' : 'worker');

async function disturbSends(
  { faults }: Simulator,
  { faults: kinds, times }: { faults: GraphFault[]; times: number },
  last: () => Promise<unknown>,
): Promise<void> {
  for (let count = 0; count < times; count += 1) for (const kind of kinds) faults.nextSend(kind);
  await last();
  faults.clear();
}

async function pauseProcess(pid: number, last: () => Promise<unknown>): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  try {
    await last();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

async function breakServer(server: RunServer, kind: FaultKind, last: () => Promise<unknown>): Promise<void> {
  const way = kind.split('-')[1];
  if (server.process) {
    if (way === 'kill') return server.process.kill();
    return pauseProcess(await server.process.pid(), last);
  }
  server.proxy?.set(way === 'cut' ? 'cut' : way === 'delay' ? DELAY_MS : 'held');
  await last();
  server.proxy?.set('open');
}

/** Redis away and no room on the disk: nothing can be taken, and nothing may be acknowledged. */
async function fillSpool({ servers, disk }: Scene, last: () => Promise<unknown>): Promise<void> {
  await disk.fill();
  try {
    await breakServer(servers.redis, 'redis-hold', last);
  } finally {
    await disk.empty();
  }
}

/** What a dead receiver spooled is another's to drain. */
async function killWhileSpooling(
  { stack, servers }: Scene,
  target: number,
  last: () => Promise<unknown>,
): Promise<void> {
  let restarted = Promise.resolve();
  await breakServer(servers.redis, 'redis-hold', async () => {
    let away = last();
    const spooling = pause(SPOOLING_AFTER_MS);
    await Promise.race([away, spooling]);
    // Its successor starts when Redis is back.
    let backAgain = (): void => undefined;
    const back = new Promise<void>((resolve) => (backAgain = resolve));
    restarted = stack.killAndRestart('web', target, () => back);
    away = away.then(backAgain);
    await away;
  });
  await restarted;
}
