import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { Result } from '../bench/bench.ts';
import { readOptions } from '../bench/options.ts';
import { ratiosOf } from '../bench/ratios.ts';
import { built } from '../scripts/quickstart/child.ts';

const run = promisify(execFile);
const PROJECT = fileURLToPath(new URL('../', import.meta.url));

describe('npm run bench', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whatsper-bench-test-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('measures all sides, loses and doubles nothing, and draws what it measured', async () => {
    if (!existsSync(built('src/main.js'))) throw new Error('The product is not built: npm run build');
    const words = ['--quick', '--seconds', '0.5', '--only', 'ingest,end-to-end', '--json', '--plots', folder];
    const environment = { ...process.env, NODE_OPTIONS: '' };
    const { stdout } = await run(process.execPath, ['--import', 'tsx', 'bench/main.ts', ...words], {
      cwd: PROJECT,
      env: environment,
    });
    const result = JSON.parse(stdout) as Result;
    expect(result.ingest?.map(({ side }) => side).sort()).toEqual(['bare', 'naive', 'ours']);
    for (const { most, atShare } of result.ingest ?? []) {
      expect(most.requestsPerSecond).toBeGreaterThan(0);
      expect([most.failures, atShare.failures]).toEqual([0, 0]);
    }
    expect(result.endToEnd?.map(({ side }) => side).sort()).toEqual(['naive', 'ours']);
    for (const { sent, stored, missing, cost } of result.endToEnd ?? []) {
      expect({ stored, missing }).toEqual({ stored: sent, missing: 0 });
      expect(cost).toBeGreaterThan(0);
    }
    expect(result.ratios.map(({ name }) => name)).toContain('End to end, messages/s, of naive');
    expect(await readdir(folder)).toEqual(expect.arrayContaining(['end-to-end.svg', 'ingest.svg']));
    expect(JSON.parse(await readFile(join(folder, 'result.json'), 'utf8'))).toEqual(result);
  }, 150_000);

  it('refuses words that it does not know', () => {
    expect(() => readOptions(['--only', 'ingest,speed'], {})).toThrow('"speed"; known are ingest');
    expect(() => readOptions(['--rounds', 'many'], {})).toThrow('--rounds must be a number above 0');
    expect(() => readOptions(['--fast'], {})).toThrow('--fast');
  });

  it('compares within a round, and judges by the median', () => {
    const load = (requestsPerSecond: number) => ({ requestsPerSecond, p50: 1, p99: 2, failures: 0 });
    const runOf = (side: 'naive' | 'ours', requestsPerSecond: number) => ({
      side,
      most: load(requestsPerSecond),
      atShare: { ...load(1), rate: 1 },
      cpu: { web: 1, redis: 1, load: 1 },
      webMemory: 1,
    });
    const rounds = [runOf('naive', 100), runOf('ours', 200), runOf('naive', 50), runOf('ours', 200)];
    const [ratio] = ratiosOf({ ingest: [...rounds, runOf('naive', 100), runOf('ours', 350)] });
    expect(ratio).toMatchObject({ min: 2, median: 3.5, max: 4, goal: { atLeast: 3 }, reached: true });
  });
});
