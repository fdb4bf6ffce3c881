/** The result as pictures, and as the JSON that they were drawn from. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Result } from './bench.ts';
import { spreadOf } from './statistics.ts';
import { type Bar, barChart, type Chart } from './svg.ts';

/** Writes a plot for each section that was measured, and `result.json`. */
export async function writePlots(result: Result, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { machine, settings } = result;
  const note = `${machine.processors}, Node ${machine.node}, ${machine.database}; median of ${settings.rounds} × ${settings.seconds} s, line: least to most`;
  for (const [name, chart] of Object.entries(chartsOf(result))) {
    if (chart.bars.length > 0) await writeFile(join(folder, `${name}.svg`), barChart({ ...chart, note }));
  }
  await writeFile(join(folder, 'result.json'), `${JSON.stringify(result, undefined, 2)}\n`);
}

function chartsOf(result: Result): Record<string, Omit<Chart, 'note'>> {
  const { ingest = [], endToEnd = [], stored = [], tenants = [], flood = [], feeds = [] } = result;
  return {
    ingest: {
      title: 'Webhooks taken durably, workers stopped',
      unit: 'requests per second; more is better',
      bars: bars(
        ingest,
        ({ side }) => side,
        ({ most }) => most.requestsPerSecond,
      ),
    },
    'ingest-p99': {
      title: 'Waiting for the 200 at the same load: 70 % of the most that naive takes',
      unit: 'p99 in milliseconds; less is better',
      bars: bars(
        ingest,
        ({ side }) => side,
        ({ atSameLoad }) => atSameLoad?.p99,
      ),
    },
    'end-to-end': {
      title: 'From the webhook to the store, an endpoint and an agent’s feed',
      unit: 'messages per second; more is better',
      bars: bars(
        endToEnd,
        ({ side }) => side,
        ({ messagesPerSecond }) => messagesPerSecond,
      ),
    },
    cost: {
      title: 'Processor time of one message',
      unit: 'microseconds, by process; less is better',
      bars: costBars(endToEnd, ({ side }) => side),
    },
    stored: {
      title: 'Processor time of one message, by messages stored before',
      unit: 'microseconds, by process',
      bars: costBars(ascending(stored), ({ level }) => `${level.toLocaleString('en-US')} stored`),
    },
    tenants: {
      title: 'Processor time of one message, by tenants',
      unit: 'microseconds, by process',
      bars: costBars(ascending(tenants), ({ level }) => `${level.toLocaleString('en-US')} tenants`),
    },
    flood: {
      title: 'Quiet conversations while another one writes at half the capacity',
      unit: 'p99 from webhook to endpoint and feed, in milliseconds',
      bars: [
        ...bars(
          flood,
          () => 'before',
          ({ before }) => before.p99,
        ),
        ...bars(
          flood,
          () => 'during the flood',
          ({ during }) => during.p99,
        ),
      ],
    },
    feeds: {
      title: 'Memory of an idle feed',
      unit: 'kB of the web server; less is better',
      bars: bars(
        feeds,
        ({ side }) => side,
        ({ kbPerFeed }) => kbPerFeed,
      ),
    },
  };
}

function ascending<Run extends { level: number }>(runs: Run[]): Run[] {
  return [...runs].sort((left, right) => left.level - right.level);
}

/** Runs with the same label, in order of their first. */
function grouped<Run>(runs: Run[], label: (run: Run) => string): Map<string, Run[]> {
  const groups = new Map<string, Run[]>();
  for (const run of runs) groups.set(label(run), [...(groups.get(label(run)) ?? []), run]);
  return groups;
}

function bars<Run>(runs: Run[], label: (run: Run) => string, value: (run: Run) => number | undefined): Bar[] {
  return [...grouped(runs, label)].flatMap(([name, these]) => {
    const values = these.map(value).filter((each) => each !== undefined);
    if (values.length === 0) return [];
    const { min, median, max } = spreadOf(values);
    return [{ label: name, parts: [{ name: '', value: median }], from: min, to: max }];
  });
}

function costBars<Run extends NonNullable<Result['endToEnd']>[number]>(
  runs: Run[],
  label: (run: Run) => string,
): Bar[] {
  return [...grouped(runs, label)].map(([name, these]) => ({
    label: name,
    parts: (['web', 'worker', 'redis', 'database'] as const).map((part) => ({
      name: part,
      value: spreadOf(these.map(({ cpu }) => cpu[part])).median,
    })),
  }));
}
