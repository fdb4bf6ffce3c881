/** From a signed body to items with their place in time and the name of their lane. */
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { Context } from '../context.ts';
import type { Placed } from '../lanes/item-lanes.ts';
import { mapInParts } from '../ops/give-way.ts';
import { splitInSteps, splitNotification } from './split.ts';

type Placing = Pick<Context, 'positions' | 'inbound'>;

/** A body with more bytes goes by `itemsInSteps`. */
export const LARGE = 128 * 1024;
/** Naming so many lanes takes some 2 ms. */
const NAMED_AT_ONCE = 125;

/** Of a body as most are: all at once. */
export function itemsOf({ positions, inbound }: Placing, body: Buffer, app: string): Placed[] {
  return splitNotification(body, app).map(({ item, lane }) => ({
    item: { ...item, position: positions.next() },
    lane: inbound.laneName(...lane),
  }));
}

/** Others have their turn between the steps; the items keep together in time. */
export async function itemsInSteps(
  { positions, inbound }: Placing,
  body: Buffer,
  app: string,
): Promise<Placed[]> {
  await nextTurn(); // the signature took its time
  const split = await splitInSteps(body, app);
  const placed = split.map((one) => ({ ...one, position: positions.next() }));
  return mapInParts(placed, NAMED_AT_ONCE, ({ item, lane, position }) => ({
    item: { ...item, position },
    lane: inbound.laneName(...lane),
  }));
}
