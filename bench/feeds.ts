/** Agents who listen while nothing happens: what each costs the web server. */
import { setTimeout as pause } from 'node:timers/promises';

import type { Bench } from './bench.ts';
import { type FeedReader, openFeed } from './receivers.ts';
import { openSides } from './sides/open.ts';
import { portOf, type SideName } from './sides/side.ts';
import { rounded } from './statistics.ts';
import { cpuMs, memoryKb } from './usage.ts';

const FEEDS = 10_000;
const FEEDS_QUICK = 200;
const BUSINESSES = 10;
/** Connections that are made at the same time. */
const AT_ONCE = 50;
const SETTLE_MS = 5_000;

export interface FeedsRun {
  side: SideName;
  feeds: number;
  /** Feeds that were open to the end. */
  open: number;
  kbPerFeed: number;
  /** Share of one processor that the web server uses for all of them, in percent. */
  webPercent: number;
}

export async function measureFeeds(bench: Bench): Promise<FeedsRun[]> {
  const { options } = bench;
  const names = options.sides.filter((name) => name !== 'bare');
  const sides = await openSides(bench, names, { businesses: BUSINESSES, listening: BUSINESSES });
  const runs: FeedsRun[] = [];
  try {
    for (const side of sides) {
      const web = await side.start('web');
      try {
        const run = await idleFeeds(bench, (index) => side.feed(index % BUSINESSES, portOf(web)), web.pid);
        runs.push({ side: side.name, ...run });
        bench.say(`${run.feeds} idle feeds, ${side.name}: ${run.kbPerFeed} kB each`);
      } finally {
        await web.stop();
      }
    }
    return runs;
  } finally {
    for (const side of sides) await side.close();
  }
}

async function idleFeeds(
  { options }: Bench,
  address: (index: number) => Parameters<typeof openFeed>[0],
  pid: number,
): Promise<Omit<FeedsRun, 'side'>> {
  const count = options.quick ? FEEDS_QUICK : FEEDS;
  const settleMs = options.quick ? 500 : SETTLE_MS;
  const feeds: FeedReader[] = [];
  try {
    // The first ones bring what all of them share.
    while (feeds.length < BUSINESSES) feeds.push(await openFeed(address(feeds.length), () => undefined));
    await pause(settleMs);
    const before = memoryKb([pid]);
    while (feeds.length < count + BUSINESSES) {
      const more = Math.min(AT_ONCE, count + BUSINESSES - feeds.length);
      const opening = Array.from({ length: more }, (_, index) =>
        openFeed(address(feeds.length + index), () => undefined),
      );
      feeds.push(...(await Promise.all(opening)));
    }
    await pause(settleMs);
    const cpuBefore = cpuMs([pid]);
    await pause(options.seconds * 1000);
    const webPercent = (cpuMs([pid]) - cpuBefore) / (options.seconds * 10);
    return {
      feeds: count,
      open: feeds.filter(({ broken }) => !broken).length - BUSINESSES,
      kbPerFeed: rounded((memoryKb([pid]) - before) / count),
      webPercent: rounded(webPercent),
    };
  } finally {
    for (const feed of feeds) feed.close();
  }
}
