/** Runs the chosen sections one after the other and says what came out. */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';

import { type EndToEndRun, measureEndToEnd } from './end-to-end.ts';
import { type FeedsRun, measureFeeds } from './feeds.ts';
import { type FloodRun, measureFlood } from './flood.ts';
import { type GrowthRun, measureStored, measureTenants } from './growth.ts';
import { type IngestRun, measureIngest } from './ingest.ts';
import type { Options, Section } from './options.ts';
import { writePlots } from './plots.ts';
import { stopAllPrograms } from './programs.ts';
import { type Ratio, ratiosOf } from './ratios.ts';
import { type Endpoint, openEndpoint } from './receivers.ts';
import { openServers, type Servers } from './servers.ts';
import { tablesOf } from './tables.ts';
import { requireProc } from './usage.ts';

/** What a section runs with. */
export interface Bench {
  options: Options;
  servers: Servers;
  endpoint: Endpoint;
  folder: string;
  say(line: string): void;
}

export interface Result {
  startedAt: string;
  minutes: number;
  machine: Record<string, string | number>;
  settings: { rounds: number; seconds: number; quick: boolean };
  ratios: Ratio[];
  ingest?: IngestRun[];
  endToEnd?: EndToEndRun[];
  stored?: GrowthRun[];
  tenants?: GrowthRun[];
  flood?: FloodRun[];
  feeds?: FeedsRun[];
}

/** Runs what the options choose and prints it. @returns the process's exit code */
export async function runBench(options: Options): Promise<number> {
  requireProc();
  const started = Date.now();
  const say = (line: string) => console.error(`• ${line} (${Math.round((Date.now() - started) / 1000)} s)`);
  const folder = await mkdtemp(join(tmpdir(), 'whatsper-bench-'));
  const closers: (() => Promise<void> | void)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    say('Starting the servers');
    const servers = await openServers(folder, options.mongodbUri);
    closers.push(() => servers.close());
    const endpoint = await openEndpoint();
    closers.push(() => endpoint.close(), stopAllPrograms);
    const bench: Bench = { options, servers, endpoint, folder, say };
    const work = measure(bench, started);
    const result = await Promise.race([work, interruption()]);
    if (result === 'interrupted') return 130;
    if (options.plots !== undefined) await writePlots(result, options.plots);
    console.log(options.json ? JSON.stringify(result, undefined, 2) : tablesOf(result));
    return 0;
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/** The processes that are measured end with this one. */
function interruption(): Promise<'interrupted'> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve('interrupted'));
  });
}

async function measure(bench: Bench, started: number): Promise<Result> {
  const { options, servers } = bench;
  const wants = (section: Section) => options.only.includes(section);
  const measured = {
    ...(wants('ingest') ? { ingest: await measureIngest(bench) } : {}),
    ...(wants('end-to-end') ? { endToEnd: await measureEndToEnd(bench) } : {}),
    ...(wants('stored') ? { stored: await measureStored(bench) } : {}),
    ...(wants('tenants') ? { tenants: await measureTenants(bench) } : {}),
    ...(wants('flood') ? { flood: await measureFlood(bench) } : {}),
    ...(wants('feeds') ? { feeds: await measureFeeds(bench) } : {}),
  };
  const { rounds, seconds, quick } = options;
  return {
    startedAt: new Date(started).toISOString(),
    minutes: Math.round((Date.now() - started) / 6_000) / 10,
    machine: machineOf(servers),
    settings: { rounds, seconds, quick },
    ratios: ratiosOf(measured),
    ...measured,
  };
}

function machineOf({ versions }: Servers): Record<string, string | number> {
  return {
    processors: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    node: process.versions.node,
    ...versions,
  };
}
