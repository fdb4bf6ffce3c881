/** Which fault comes when: drawn from the seed before a run begins, so that it can be told and repeated. */
import type { Chance } from './chance.ts';

/** What breaks a process, a server or its connection; one at a time. */
const BREAKING = [
  'web-kill',
  'web-pause',
  'worker-kill',
  'worker-pause',
  'worker-kill-both',
  'redis-kill',
  'redis-pause',
  'redis-cut',
  'redis-hold',
  'redis-delay',
  'database-kill',
  'database-pause',
  'database-cut',
  'database-hold',
  'database-delay',
  'spool-full',
  'web-kill-while-spooling',
] as const;

/** What neighbours do wrong meanwhile. */
const DISTURBING = [
  'graph-slow',
  'graph-limit',
  'graph-unavailable',
  'graph-without-word',
  'graph-cut-before',
  'graph-cut-after',
  'graph-hang',
  'statuses-mixed',
  'endpoints-slow',
  'endpoints-500',
  'endpoints-hang',
] as const;

export type FaultKind = (typeof BREAKING)[number] | (typeof DISTURBING)[number];

export interface PlannedFault {
  /** After the traffic began. */
  atMs: number;
  kind: FaultKind;
  /** How long it lasts. */
  forMs: number;
  /** Which of several processes. */
  target: number;
}

export interface Conditions {
  durationMs: number;
  /** Foreign servers are not ours to kill: they are cut off by a proxy. */
  foreign: { redis: boolean; database: boolean };
}

const SECOND = 1_000;

/** A lane's lock lasts 15 s: a pause beyond that lets another worker take over. */
const BEYOND_LOCK_MS = [16 * SECOND, 20 * SECOND] as const;

/**
 * Faults until the traffic ends, each followed by a moment of peace. Every kind comes once before any comes again, so
 * that a longer run has them all.
 */
export function planFaults(chance: Chance, conditions: Conditions): PlannedFault[] {
  const breaking = BREAKING.filter((kind) => isPossible(kind, conditions));
  return [
    ...track(chance.branch('breaking'), breaking, conditions.durationMs),
    ...track(chance.branch('disturbing'), DISTURBING, conditions.durationMs),
  ].sort((one, other) => one.atMs - other.atMs);
}

/** Else only a neighbour misbehaves. */
export function isBreaking({ kind }: PlannedFault): boolean {
  return BREAKING.some((breaking) => breaking === kind);
}

function isPossible(kind: FaultKind, { foreign }: Conditions): boolean {
  const [server, way = ''] = kind.split('-');
  const isForeign = server === 'redis' ? foreign.redis : foreign.database;
  if (server !== 'redis' && server !== 'database') return true;
  return ['kill', 'pause'].includes(way) ? !isForeign : isForeign;
}

function track(chance: Chance, kinds: readonly FaultKind[], durationMs: number): PlannedFault[] {
  const planned: PlannedFault[] = [];
  let deck: FaultKind[] = [];
  for (let atMs = chance.whole(1_000, 3_000); atMs < durationMs * 0.9;) {
    if (deck.length === 0) deck = chance.shuffled(kinds);
    const kind = deck.pop() as FaultKind;
    const forMs = Math.min(lasting(chance, kind), Math.max(SECOND, durationMs - atMs));
    planned.push({ atMs, kind, forMs, target: chance.whole(0, 1) });
    atMs += forMs + chance.whole(SECOND, 4 * SECOND);
  }
  return planned;
}

function lasting(chance: Chance, kind: FaultKind): number {
  if (kind === 'worker-pause' && chance.happens(0.5)) return chance.whole(...BEYOND_LOCK_MS);
  if (kind.includes('-kill') && kind !== 'web-kill-while-spooling') return chance.whole(0, 3 * SECOND);
  // Redis must be away for longer than the 5 s after which the receiver stops waiting for its word.
  if (kind === 'spool-full' || kind === 'web-kill-while-spooling') {
    return chance.whole(8 * SECOND, 12 * SECOND);
  }
  if (kind.endsWith('-pause') || kind.endsWith('-hold')) return chance.whole(SECOND, 12 * SECOND);
  return chance.whole(2 * SECOND, 8 * SECOND);
}
