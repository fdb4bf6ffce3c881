/** The result as text. */
import type { Result } from './bench.ts';
import type { Ratio } from './ratios.ts';
import { spreadOf } from './statistics.ts';

/** Several tables, each with a heading. */
export function tablesOf(result: Result): string {
  const { machine, settings, minutes } = result;
  const head = [
    Object.values(machine).join(' · '),
    `${settings.rounds} rounds of ${settings.seconds} s${settings.quick ? ', quick' : ''}, ${minutes} min`,
  ].join('\n');
  return [
    head,
    ingestTable(result),
    endToEndTable(result),
    growthTable('messages stored', result.stored),
    growthTable('tenants', result.tenants),
    floodTable(result),
    feedsTable(result),
    ratioTable(result),
  ]
    .filter((part) => part !== undefined)
    .join('\n\n');
}

function ratioTable({ ratios }: Result): string | undefined {
  return table(
    ['goal', 'least', 'median', 'most', 'wanted', 'reached'],
    ratios.map(({ name, min, median, max, goal, reached }) => [
      ...[name, min, median, max, goalText(goal)],
      reached ? 'yes' : 'no',
    ]),
  );
}

/** `≥ 3`, `≤ 1.2`. */
function goalText(goal: Ratio['goal']): string {
  return 'atLeast' in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`;
}

function ingestTable({ ingest = [] }: Result): string | undefined {
  return table(
    [
      ...['ingest', 'requests/s', 'p50 ms', 'p99 ms', 'p99 at 70 %', 'p99 at the same load'],
      ...['µs web', 'µs redis', 'web MB', 'failures'],
    ],
    namesOf(ingest).map((name) => {
      const runs = ingest.filter(({ side }) => side === name);
      const middle = (of: (run: (typeof runs)[number]) => number | undefined) => median(runs.map(of));
      return [
        name,
        middle(({ most }) => most.requestsPerSecond),
        middle(({ most }) => most.p50),
        middle(({ most }) => most.p99),
        middle(({ atShare }) => atShare.p99),
        middle(({ atSameLoad }) => atSameLoad?.p99),
        middle(({ cpu }) => cpu.web),
        middle(({ cpu }) => cpu.redis),
        middle(({ webMemory }) => webMemory),
        runs.reduce((sum, run) => sum + run.most.failures + run.atShare.failures, 0),
      ];
    }),
  );
}

const COSTS = ['µs web', 'µs worker', 'µs redis', 'µs database', 'µs all', 'µs load'];

function endToEndTable({ endToEnd = [] }: Result): string | undefined {
  return table(
    ['end to end', 'messages/s', 'p50 ms', 'p99 ms', ...COSTS, 'web MB', 'worker MB', 'missing', 'repeated'],
    namesOf(endToEnd).map((name) => {
      const runs = endToEnd.filter(({ side }) => side === name);
      const middle = (of: (run: (typeof runs)[number]) => number) => median(runs.map(of));
      return [
        name,
        middle((run) => run.messagesPerSecond),
        middle((run) => run.p50),
        middle((run) => run.p99),
        ...costsOf(runs),
        middle((run) => run.memory.web),
        middle((run) => run.memory.worker),
        runs.reduce((sum, run) => sum + run.missing + run.sent - run.stored, 0),
        runs.reduce((sum, run) => sum + run.repeated, 0),
      ];
    }),
  );
}

function costsOf(runs: NonNullable<Result['endToEnd']>): (number | string)[] {
  const parts = (['web', 'worker', 'redis', 'database'] as const).map((name) =>
    median(runs.map(({ cpu }) => cpu[name])),
  );
  return [...parts, median(runs.map(({ cost }) => cost)), median(runs.map(({ cpu }) => cpu.load))];
}

function growthTable(what: string, runs: Result['stored'] = []): string | undefined {
  const levels = [...new Set(runs.map(({ level }) => level))].sort((left, right) => left - right);
  return table(
    [what, 'messages/s', 'p99 ms', ...COSTS],
    levels.map((level) => {
      const these = runs.filter((run) => run.level === level);
      return [
        level,
        median(these.map((run) => run.messagesPerSecond)),
        median(these.map((run) => run.p99)),
        ...costsOf(these),
      ];
    }),
  );
}

function floodTable({ flood = [] }: Result): string | undefined {
  return table(
    ['flood', 'capacity', 'flood/s', 'quiet/s', 'p50 before', 'p99 before', 'p50 during', 'p99 during'],
    flood.map(({ capacity, floodRate, quietRate, before, during }, round) => [
      ...[`round ${round + 1}`, capacity, floodRate, quietRate],
      ...[before.p50, before.p99, during.p50, during.p99],
    ]),
  );
}

function feedsTable({ feeds = [] }: Result): string | undefined {
  return table(
    ['idle feeds', 'number', 'still open', 'kB each', '% of a processor'],
    feeds.map(({ side, feeds: number, open, kbPerFeed, webPercent }) => [
      ...[side, number, open, kbPerFeed, webPercent],
    ]),
  );
}

function namesOf(runs: { side: string }[]): string[] {
  return [...new Set(runs.map(({ side }) => side))].sort();
}

function median(values: (number | undefined)[]): number | string {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? '–' : spreadOf(known).median;
}

/** Columns as wide as what stands in them; undefined without rows. */
function table(heads: string[], rows: (string | number)[][]): string | undefined {
  if (rows.length === 0) return undefined;
  const lines = [heads, ...rows.map((row) => row.map(shown))];
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  '),
    )
    .join('\n');
}

function shown(value: string | number): string {
  if (typeof value === 'string') return value;
  return value.toLocaleString('en-US', { maximumFractionDigits: Math.abs(value) < 100 ? 2 : 0 });
}
