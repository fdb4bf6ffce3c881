import { cp, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { identify, isRunning } from '../../embedded/process-identity.ts';
import { askRedis, endOpeners, processesOn, readNote, startOpener, waitFor } from './openers.ts';

// Each test starts several programs, which takes its time on a busy machine.
jest.setTimeout(120_000);

let dataDir: string;

beforeEach(async () => {
  dataDir = await realpath(await mkdtemp(join(tmpdir(), 'whatsper-embedded-')));
});

afterEach(async () => {
  await endOpeners();
  await waitFor(
    'the end of the supervisor',
    async () => (await processesOn(dataDir, 'supervisor')).length === 0,
  );
  expect(await processesOn(dataDir, 'redis-server')).toEqual([]);
  await rm(dataDir, { recursive: true });
});

async function killSupervisor(): Promise<void> {
  const [pid] = await processesOn(dataDir, 'supervisor');
  const supervisor = identify(pid ?? 0);
  if (supervisor === undefined) throw new Error('There is no supervisor to kill.');
  process.kill(supervisor.pid, 'SIGKILL');
  await waitFor('its end', async () => !isRunning(supervisor));
}

describe('after kill -9', () => {
  it('of its user, the server stays for a new one that comes soon', async () => {
    const first = await startOpener({ dataDir, lingerMs: 60_000 });
    const runId = /run_id:\w+/.exec(await askRedis(first.redisUrl, 'INFO', 'server'))?.[0];
    await first.kill();

    const second = await startOpener({ dataDir });
    expect(await askRedis(second.redisUrl, 'INFO', 'server')).toContain(runId);
    await second.close();
  });

  it('of its only user, the servers stop and the data folder is free', async () => {
    const first = await startOpener({ dataDir, lingerMs: 100 });
    await first.kill();
    await waitFor('the end of Redis', async () => (await processesOn(dataDir, 'redis-server')).length === 0);
  });

  it('of Redis, it comes back on the same port with every answered write', async () => {
    const opener = await startOpener({ dataDir });
    for (let index = 0; index < 50; index += 1) {
      await askRedis(opener.redisUrl, 'RPUSH', 'list', String(index));
    }
    const { pid } = await readNote(dataDir, 'redis');
    process.kill(pid, 'SIGKILL');

    const length = await waitFor('Redis', async () =>
      askRedis(opener.redisUrl, 'LLEN', 'list').catch(() => undefined),
    );
    expect(length).toBe('50');
    await waitFor('the report', async () =>
      opener.progress.find((line) => /Redis stopped unexpectedly.*SIGKILL/.test(line)),
    );
    expect((await readNote(dataDir, 'redis')).pid).not.toBe(pid);
    await opener.close();
  });

  it('of Redis, again and again, it is started each time', async () => {
    const opener = await startOpener({ dataDir });
    let last = 0;
    for (let round = 0; round < 3; round += 1) {
      const pid = await waitFor('a new Redis', async () => {
        const note = await readNote(dataDir, 'redis');
        const answers = await askRedis(opener.redisUrl, 'PING').catch(() => undefined);
        return answers === 'PONG' && note.pid !== last ? note.pid : undefined;
      });
      last = pid;
      process.kill(pid, 'SIGKILL');
    }
    await waitFor('Redis', async () => askRedis(opener.redisUrl, 'PING').catch(() => undefined));
    await opener.close();
  });

  it('of the supervisor, its user gets another one, on the same port and with the data', async () => {
    const opener = await startOpener({ dataDir });
    await askRedis(opener.redisUrl, 'SET', 'kept', 'yes');
    const { pid } = await readNote(dataDir, 'redis');
    await killSupervisor();

    await waitFor('a new Redis', async () => (await readNote(dataDir, 'redis')).pid !== pid);
    const value = await waitFor('Redis', async () =>
      askRedis(opener.redisUrl, 'GET', 'kept').catch(() => undefined),
    );
    expect(value).toBe('yes');
    expect(await processesOn(dataDir, 'redis-server')).toHaveLength(1);
    expect(await processesOn(dataDir, 'supervisor')).toHaveLength(1);
    expect(opener.progress.join()).not.toContain('other ports');
    await opener.close();
  });

  it('of the supervisor and its user, the next start finds the orphan and replaces it', async () => {
    const first = await startOpener({ dataDir, lingerMs: 60_000 });
    await askRedis(first.redisUrl, 'SET', 'kept', 'yes');
    const { pid } = await readNote(dataDir, 'redis');
    const orphan = identify(pid);
    // The user first: it would replace the supervisor.
    await first.kill();
    await killSupervisor();
    expect(orphan !== undefined && isRunning(orphan)).toBe(true);

    const second = await startOpener({ dataDir });
    expect(orphan !== undefined && isRunning(orphan)).toBe(false);
    expect(second.redisUrl).toBe(first.redisUrl);
    expect(await askRedis(second.redisUrl, 'GET', 'kept')).toBe('yes');
    expect(await processesOn(dataDir, 'redis-server')).toHaveLength(1);
    const sockets = (await readdir(join(dataDir, 'embedded'))).filter((name) => name.endsWith('.sock'));
    expect(sockets).toHaveLength(1);
    await second.close();
  });

  it('of everything, a process that got the old pid by chance is not touched', async () => {
    const first = await startOpener({ dataDir });
    await first.close();
    const path = join(dataDir, 'embedded/redis.json');
    const note = JSON.parse(await readFile(path, 'utf8')) as { process: { pid: number; started: string } };
    note.process.pid = process.pid;
    note.process.started = '1';
    await writeFile(path, JSON.stringify(note));

    // Were this process stopped, nobody would be here to say so.
    const second = await startOpener({ dataDir });
    await second.close();
  });
});

describe('a copy of a data folder in use', () => {
  it('gets servers of its own and leaves those of the original alone', async () => {
    const original = await startOpener({ dataDir: join(dataDir, 'original') });
    await askRedis(original.redisUrl, 'SET', 'of', 'the original');
    const { pid } = await readNote(join(dataDir, 'original'), 'redis');
    await cp(join(dataDir, 'original'), join(dataDir, 'copy'), {
      recursive: true,
      filter: (path) => !path.endsWith('.sock'),
    });
    const copy = await startOpener({ dataDir: join(dataDir, 'copy') });
    expect(copy.redisUrl).not.toBe(original.redisUrl);
    expect(await askRedis(copy.redisUrl, 'GET', 'of')).toBe('the original');
    await askRedis(copy.redisUrl, 'SET', 'of', 'the copy');
    expect(await askRedis(original.redisUrl, 'GET', 'of')).toBe('the original');
    await copy.close();
    expect((await readNote(join(dataDir, 'original'), 'redis')).pid).toBe(pid);
    await original.close();
  });
});

describe('a supervisor that is asked to end', () => {
  it('stops its servers in order, and is replaced while somebody needs them', async () => {
    const opener = await startOpener({ dataDir });
    await askRedis(opener.redisUrl, 'SET', 'kept', 'yes');
    const [pid] = await processesOn(dataDir, 'supervisor');
    const { pid: redis } = await readNote(dataDir, 'redis');
    process.kill(pid ?? 0, 'SIGTERM');
    await waitFor('a new Redis', async () => (await readNote(dataDir, 'redis')).pid !== redis);
    const value = await waitFor('Redis', async () =>
      askRedis(opener.redisUrl, 'GET', 'kept').catch(() => undefined),
    );
    expect(value).toBe('yes');
    await opener.close();
  });
});
