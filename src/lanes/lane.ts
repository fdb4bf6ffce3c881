/**
 * One turn at an inbound lane: its items are handled in order, each taken out by a script that checks that this
 * worker still holds the lane. The attempt is counted before the work, so an item that kills the process is parked
 * too. A failing item blocks only its lane: back-off, then it is parked with its reason and the lane goes on.
 */
import { Park } from '../ops/errors.ts';
import type { Logger } from '../ops/log.ts';
import { isAway } from '../store/errors.ts';
import type { LaneItem } from './item.ts';
import type { Begun, Entry, ItemLanes, Taken } from './item-lanes.ts';
import type { WakeUp } from './queue.ts';
import { backOff, type HandlerEnd, type Turn, type TurnEnd } from './worker.ts';

const BATCH = 16;
/** A hot lane yields after so many items, so that it does not hold a worker. */
const TURN_LIMIT = 256;
/** 12 attempts with back-off from 250 ms to 60 s ≈ 4 minutes; then a person decides. */
const MAX_ATTEMPTS = 12;
/** While the database is away attempts do not count; the lane looks again after this. */
const AWAY_PAUSE_MS = 1_000;

interface LaneWork {
  lanes: ItemLanes;
  queue: string;
  log: Logger;
  /** Handles an item; anything thrown but Park is tried again. */
  handle(item: LaneItem): Promise<void>;
  /** Keeps an item that needs a person; returns when it is stored. */
  park(item: LaneItem, why: { reason: Park['reason']; detail: string; attempts: number }): Promise<void>;
}

/** Begins an inbound lane, for `workLanes`. */
export function beginItemLane(lanes: ItemLanes, queue: string, lane: string, token: string): Promise<Begun> {
  return lanes.begin(queue, lane, token, BATCH);
}

/** Handler of `workLanes` for inbound lanes. */
export async function runItemLane(
  work: LaneWork,
  { lane }: WakeUp,
  turn: Turn,
  first?: Taken,
): Promise<HandlerEnd> {
  let done: string[] = [];
  let next = first;
  for (let handled = 0; handled < TURN_LIMIT && !turn.stopping(); handled += done.length) {
    if (handled > 0 && turn.yields()) break;
    const taken = next ?? (await work.lanes.take(work.queue, lane, turn, { done, count: BATCH }));
    next = undefined;
    if (!taken) return 'done'; // the lane is another worker's now
    if (taken.entries.length === 0) return 'released';
    const run = taken.entries.every(({ item }) => item.kind === 'status') ? together : inOrder;
    const outcome = await run(work, lane, turn, taken);
    if ('end' in outcome) return outcome.end;
    done = outcome.done;
  }
  const [begun] = next?.entries ?? [];
  const step = begun ? { next: [begun.header], count: -1 as const } : { done }; // what was begun was not tried
  await work.lanes.step(work.queue, lane, turn, step);
  return { againAfterMs: 0 };
}

const mayGoOn = (turn: Turn) => !turn.stopping() && !turn.yields();

/** Headers of what was handled and still stands in the lane, or how the turn ends. */
type RunOutcome = { done: string[] } | { end: TurnEnd };

/** One after the other: each is taken out when the next begins. */
async function inOrder(work: LaneWork, lane: string, turn: Turn, taken: Taken): Promise<RunOutcome> {
  let done: string[] = [];
  let { attempts } = taken;
  for (const entry of taken.entries) {
    if (done.length > 0) {
      if (!mayGoOn(turn)) break;
      const begun = await work.lanes.step(work.queue, lane, turn, { done, next: [entry.header] });
      if (!begun) return { end: 'done' };
      [attempts = 0] = begun.attempts;
    }
    const end = await attempt(work, lane, turn, entry, attempts);
    if (end) return { end };
    done = [entry.header];
  }
  return { done };
}

/** Statuses commute: a lane's first ones are written together. */
async function together(work: LaneWork, lane: string, turn: Turn, taken: Taken): Promise<RunOutcome> {
  const [, ...others] = taken.entries.map(({ header }) => header);
  const begun = await work.lanes.step(work.queue, lane, turn, { next: others });
  if (!begun) return { end: 'done' };
  const attempts = [taken.attempts, ...begun.attempts];
  const ends = await Promise.all(
    taken.entries.map((entry, index) => attempt(work, lane, turn, entry, attempts[index] ?? 1)),
  );
  const done = taken.entries.flatMap(({ header }, index) => (ends[index] === undefined ? [header] : []));
  const pauses = ends.flatMap((end) => (end === undefined || end === 'done' ? [] : [end.againAfterMs]));
  if (pauses.length === 0) return { done };
  await work.lanes.step(work.queue, lane, turn, { done });
  return { end: { againAfterMs: Math.min(...pauses) } };
}

/** @returns how the turn ends when the item must be tried again; undefined when it was handled or parked. */
async function attempt(
  work: LaneWork,
  lane: string,
  turn: Turn,
  { item, header }: Entry,
  attempts: number,
): Promise<TurnEnd | undefined> {
  try {
    if (attempts > MAX_ATTEMPTS) throw new Park('failed', 'The process that handled it died each time.');
    await work.handle(item);
    return undefined;
  } catch (error) {
    if (isAway(error)) {
      await work.lanes.step(work.queue, lane, turn, { next: [header], count: -1 });
      return { againAfterMs: AWAY_PAUSE_MS };
    }
    if (!(error instanceof Park) && attempts < MAX_ATTEMPTS) {
      work.log.warn({ queue: work.queue, kind: item.kind, attempt: attempts, err: error }, 'inbound.failed');
      return { againAfterMs: backOff(attempts) };
    }
    const why =
      error instanceof Park
        ? { reason: error.reason, detail: error.message }
        : { reason: 'failed', detail: named(error) };
    await work.park(item, { ...why, attempts });
    return undefined;
  }
}

/** An error's name: its message may quote content. */
function named(error: unknown): string {
  return `Handling failed each time: ${error instanceof Error ? error.name : typeof error}.`;
}
