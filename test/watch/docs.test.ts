/**
 * docs/operations.md names every metric and every alarm of the code, and no others. When this fails after a change:
 *
 *   WRITE_DOCS=1 NODE_OPTIONS=--experimental-vm-modules npx jest test/watch/docs.test.ts
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Health } from '../../src/ops/health.ts';
import { createMetrics } from '../../src/ops/metrics.ts';
import { serveMetrics } from '../../src/watch/metrics-server.ts';
import { type TestContext, testContext } from '../support/context.ts';

const DOCS = new URL('../../docs/operations.md', import.meta.url);
const TABLE = /(<!-- metrics -->\n)[\s\S]*?(<!-- \/metrics -->)/;
let ctx: TestContext;
beforeAll(async () => {
  ctx = await testContext();
});
afterAll(() => ctx.close());

/** As Prettier formats it. */
async function table(): Promise<string> {
  const metrics = createMetrics();
  const server = await serveMetrics(
    ctx,
    metrics,
    {
      health: new Health(ctx),
      spooled: () => ({ segments: 0, bytes: 0, oldestAt: null }),
      canary: () => ({ latencyMs: null, ageMs: null, late: false }),
    },
    0,
  );
  await server.close();
  const described = metrics.registry.getMetricsAsArray() as unknown as {
    name: string;
    help: string;
    labelNames: string[];
    type: string;
  }[];
  const rows = described
    .filter(({ name }) => name.startsWith('whatsper_'))
    .map(({ name, help, labelNames, type }) => [`\`${name}\``, type, labelNames.join(', '), help]);
  const all = [['Metric', 'Kind', 'Labels', 'Meaning'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = all;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(head), rule, ...body.map(line)].join('\n');
}

describe('docs/operations.md', () => {
  it('has every metric with its kind, labels and meaning', async () => {
    const text = await readFile(DOCS, 'utf8');
    const wanted = text.replace(TABLE, `$1\n${await table()}\n\n$2`);
    if (process.env.WRITE_DOCS) await writeFile(DOCS, wanted);
    else expect(text).toBe(wanted);
  });

  it('says what to do at every alert of the log, and at no other', async () => {
    const text = await readFile(DOCS, 'utf8');
    const told = new Set([...text.matchAll(/^\| `(alert\.[a-z-]+)`/gm)].map(([, alert]) => alert));
    const raised = new Set<string | undefined>();
    for (const folder of ['src', 'workers']) {
      const root = new URL(`../../${folder}/`, import.meta.url);
      for (const name of (await readdir(root, { recursive: true })).filter((file) => file.endsWith('.ts'))) {
        const source = await readFile(new URL(name, root), 'utf8');
        for (const [, alert] of source.matchAll(/'(alert\.[a-z-]+)'/g)) raised.add(alert);
      }
    }
    expect([...told].sort()).toEqual([...raised].sort());
  });

  it('names only metrics that exist in its thresholds', async () => {
    const text = await readFile(DOCS, 'utf8');
    const known = await table();
    const named = [...text.replace(TABLE, '').matchAll(/whatsper_[a-z_]+/g)].map(([name]) => name);
    expect(named.filter((name) => !known.includes(`\`${name}\``))).toEqual([]);
  });
});
