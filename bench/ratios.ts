/** What the goals speak of: one figure per round, and how far the rounds lie apart. */
import type { Result } from './bench.ts';
import { rounded, type Spread, spreadOf } from './statistics.ts';

export interface Ratio extends Spread {
  name: string;
  /** What it should be at least or at most. */
  goal: { atLeast: number } | { atMost: number };
  /** By the median. */
  reached: boolean;
}

type Measured = Partial<Omit<Result, 'ratios' | 'machine' | 'settings'>>;

export function ratiosOf(measured: Measured): Ratio[] {
  const { ingest = [], endToEnd = [], stored = [], tenants = [], flood = [], feeds = [] } = measured;
  const of = (side: string) => ingest.filter((run) => run.side === side);
  const [bare, naive, ours] = [of('bare'), of('naive'), of('ours')];
  const most = (runs: typeof ingest) => runs.map((run) => run.most.requestsPerSecond);
  const endToEndOf = (side: string) =>
    endToEnd.filter((run) => run.side === side).map((run) => run.messagesPerSecond);
  return [
    ratio('Ingest, requests/s, of naive', each(most(ours), most(naive)), { atLeast: 3 }),
    ratio('Ingest, requests/s, of bare node:http', each(most(ours), most(bare)), { atLeast: 0.4 }),
    ratio(
      'Ingest, p99 at 70 % of its own most, of naive',
      each(p99(ours, 'atShare'), p99(naive, 'atShare')),
      { atMost: 0.25 },
    ),
    ratio(
      'Ingest, p99 at 70 % of naive’s most, of naive',
      each(p99(ours, 'atSameLoad'), p99(naive, 'atSameLoad')),
      { atMost: 0.25 },
    ),
    ratio('End to end, messages/s, of naive', each(endToEndOf('ours'), endToEndOf('naive')), { atLeast: 10 }),
    ratio('Cost per message, most stored, of fewest', growth(stored), { atMost: 1.2 }),
    ratio('Cost per message, most tenants, of fewest', growth(tenants), { atMost: 1.2 }),
    ratio(
      'p99 of quiet conversations during a flood, of before',
      flood.map(({ before, during }) => during.p99 / before.p99),
      { atMost: 1.5 },
    ),
    ratio(
      'kB per idle feed',
      feeds.filter(({ side }) => side === 'ours').map(({ kbPerFeed }) => kbPerFeed),
      { atMost: 20 },
    ),
  ].filter((found) => found !== undefined);
}

function p99(runs: NonNullable<Result['ingest']>, load: 'atShare' | 'atSameLoad'): number[] {
  return runs.flatMap((run) => run[load]?.p99 ?? []);
}

/** The highest level against the lowest, round by round. */
function growth(runs: NonNullable<Result['stored']>): number[] {
  const levels = runs.map(({ level }) => level);
  const costAt = (level: number) => runs.filter((run) => run.level === level).map(({ cost }) => cost);
  return each(costAt(Math.max(...levels)), costAt(Math.min(...levels)));
}

function each(values: number[], by: number[]): number[] {
  return values.slice(0, by.length).map((value, round) => value / (by[round] || Number.NaN));
}

function ratio(name: string, values: number[], goal: Ratio['goal']): Ratio | undefined {
  if (values.length === 0) return undefined;
  const { min, median, max } = spreadOf(values);
  const reached = 'atLeast' in goal ? median >= goal.atLeast : median <= goal.atMost;
  return { name, min: rounded(min), median: rounded(median), max: rounded(max), goal, reached };
}
