import { randomBytes } from 'node:crypto';

import type { Bench } from '../bench.ts';
import { openBare } from './bare.ts';
import { openNaive } from './naive.ts';
import { openOurs } from './ours.ts';
import type { Side, SideName, SideOptions } from './side.ts';

const OPENERS = { bare: openBare, naive: openNaive, ours: openOurs };

/** Prepares sides, each with databases of its own. */
export async function openSides(
  { servers, endpoint, folder, options: { profile } }: Bench,
  names: SideName[],
  sizes: Pick<SideOptions, 'businesses' | 'listening'>,
): Promise<Side[]> {
  const sides: Side[] = [];
  for (const name of names) {
    const run = randomBytes(4).toString('hex');
    sides.push(await OPENERS[name]({ servers, folder, endpointUrl: endpoint.url, run, profile, ...sizes }));
  }
  return sides;
}
