/** Runs the chosen sections, the sides in turn within each round, and says what came out. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';

import { type EndToEndRun, runEndToEnd } from './end-to-end.ts';
import type { Options } from './options.ts';
import { type Endpoint, openEndpoint } from './receivers.ts';
import { openServers, type Servers } from './servers.ts';
import { openBare } from './sides/bare.ts';
import { openNaive } from './sides/naive.ts';
import { openOurs } from './sides/ours.ts';
import type { Side, SideName, SideOptions } from './sides/side.ts';
import { requireProc } from './usage.ts';

/** What a section runs with. */
export interface Bench {
  options: Options;
  servers: Servers;
  endpoint: Endpoint;
  folder: string;
  say(line: string): void;
}

const OPENERS = { bare: openBare, naive: openNaive, ours: openOurs };

export async function runBench(options: Options): Promise<number> {
  requireProc();
  const started = Date.now();
  const say = (line: string) => console.error(`• ${line} (${Math.round((Date.now() - started) / 1000)} s)`);
  const folder = await mkdtemp(join(tmpdir(), 'whatsper-bench-'));
  say('Starting the servers');
  const servers = await openServers(folder, options.mongodbUri);
  const endpoint = await openEndpoint();
  const bench: Bench = { options, servers, endpoint, folder, say };
  try {
    const machine = machineOf(servers);
    const endToEnd = options.only.includes('end-to-end') ? await measureEndToEnd(bench) : undefined;
    const result = { machine, options, endToEnd };
    console.log(JSON.stringify(result, undefined, 2));
    return 0;
  } finally {
    await endpoint.close();
    await servers.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function machineOf(servers: Servers) {
  return {
    processors: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    node: process.versions.node,
    ...servers.versions,
  };
}

const BUSINESSES = 10;
const PEOPLE = 50;

async function measureEndToEnd(bench: Bench): Promise<EndToEndRun[]> {
  const { options, servers, endpoint } = bench;
  const names = options.sides.filter((name) => name !== 'bare');
  const sides = await openSides(bench, names, { businesses: BUSINESSES, listening: BUSINESSES });
  try {
    const runs: EndToEndRun[] = [];
    for (let round = 0; round < options.rounds; round += 1) {
      for (const side of turns(sides, round)) {
        const { seconds } = options;
        const run = await runEndToEnd(side, {
          servers,
          endpoint,
          seconds,
          people: PEOPLE,
          listening: BUSINESSES,
        });
        bench.say(`end to end, round ${round + 1}, ${side.name}: ${run.messagesPerSecond} messages/s`);
        runs.push(run);
      }
    }
    return runs;
  } finally {
    for (const side of sides) await side.close();
  }
}

/** Whoever began the last round ends this one. */
export function turns<Item>(items: readonly Item[], round: number): Item[] {
  const first = round % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

export async function openSides(
  { servers, endpoint, folder, options }: Bench,
  names: SideName[],
  sizes: Pick<SideOptions, 'businesses' | 'listening'>,
): Promise<Side[]> {
  const run = randomBytes(4).toString('hex');
  const sides: Side[] = [];
  for (const name of names) {
    const { profile } = options;
    sides.push(await OPENERS[name]({ servers, folder, endpointUrl: endpoint.url, run, profile, ...sizes }));
  }
  return sides;
}
