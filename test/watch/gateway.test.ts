/** The running gateway watches itself: canary through its own port, metrics on theirs, all of it in `status`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from '@jest/globals';

import { startGateway } from '../../src/main.ts';
import { runIn } from '../cli/terminal.ts';
import { testEnvironment } from '../support/context.ts';
import { keptLog } from '../support/fixtures.ts';
import { until } from '../support/until.ts';

interface Status {
  canary: { secondsAgo: number | null; tookMs: number | null };
  spool: { segments: number };
}

it('a canary comes through, and metrics and status tell of it', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'whatsper-watch-'));
  const environment = testEnvironment({
    CANARY: 'on',
    METRICS_PORT: '0',
    DATA_DIR: dataDir,
    LOG_LEVEL: 'info',
  });
  const { log, lines } = keptLog();
  const gateway = await startGateway(environment, log);
  try {
    await gateway.ready;
    const line = lines.find((candidate) => candidate.includes('metrics.ready')) ?? '{}';
    const { port } = JSON.parse(line) as { port: number };
    const scrape = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(await scrape()).toContain('whatsper_server_up{server="mongodb"} 1');
    const status = async () => {
      const ran = await runIn({ ...environment, LOG_LEVEL: 'silent' }, ['status', '--json']);
      return JSON.parse(ran.out) as Status;
    };
    const through = async () => {
      const now = await status();
      return now.canary.secondsAgo === null ? undefined : now;
    };
    const seen = await until('the canary comes through', through, 60_000);
    expect(seen).toMatchObject({ canary: { tookMs: expect.any(Number) }, spool: { segments: 0 } });
    const ready = await fetch(`http://127.0.0.1:${gateway.port}/readyz`);
    expect(await ready.json()).toEqual({ status: 'ready' });
  } finally {
    await gateway.stop();
    await rm(dataDir, { recursive: true });
  }
}, 90_000);
