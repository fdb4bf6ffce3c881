import { mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { openEmbedded } from '../../embedded/index.ts';
import { askRedis, endOpeners, openHere, processesOn, readNote, startOpener, waitFor } from './openers.ts';

// Each test starts several programs, which takes its time on a busy machine.
jest.setTimeout(120_000);

let folder: string;
let dataDir: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'whatsper-embedded-')));
  dataDir = join(folder, 'data');
});

afterEach(async () => {
  await endOpeners();
  await waitFor(
    'the end of the supervisor',
    async () => (await processesOn(folder, 'supervisor')).length === 0,
  );
  expect(await processesOn(folder, 'redis-server')).toEqual([]);
  await rm(folder, { recursive: true });
});

describe('openEmbedded', () => {
  it('keeps what Redis holds, and its address, over a stop and a start', async () => {
    const first = await openHere({ dataDir });
    await askRedis(first.redisUrl, 'SET', 'kept', 'yes');
    await first.close();
    expect(await processesOn(folder, 'redis-server')).toEqual([]);

    const second = await openHere({ dataDir });
    expect(second.redisUrl).toBe(first.redisUrl);
    expect(await askRedis(second.redisUrl, 'GET', 'kept')).toBe('yes');
    await second.close();
  });

  it('runs a Redis that syncs every write, drops nothing, and lets nobody in without the password', async () => {
    const { redisUrl } = await openHere({ dataDir });
    const wanted = {
      appendonly: 'yes',
      appendfsync: 'always',
      'maxmemory-policy': 'noeviction',
      save: '',
      bind: '127.0.0.1',
    };
    for (const [name, value] of Object.entries(wanted)) {
      expect(await askRedis(redisUrl, 'CONFIG', 'GET', name)).toBe(`${name},${value}`);
    }
    const [, limit] = (await askRedis(redisUrl, 'CONFIG', 'GET', 'maxmemory')).split(',');
    expect(Number(limit)).toBeGreaterThanOrEqual(64 * 1024 * 1024);
    const { port } = new URL(redisUrl);
    await expect(askRedis(`redis://127.0.0.1:${port}`, 'GET', 'kept')).rejects.toThrow('NOAUTH');
    for (const name of ['redis/password', 'redis/redis.conf', 'embedded/redis.json']) {
      expect((await stat(join(dataDir, name))).mode & 0o077).toBe(0);
    }
    expect(await readFile(join(dataDir, 'embedded/supervisor.log'), 'utf8')).toBe('');
  });

  it('gives Redis the memory that the settings name', async () => {
    const opener = await startOpener({ dataDir }, { EMBEDDED_REDIS_MAXMEMORY: '96mb' });
    const bytes = 96 * 1024 * 1024;
    expect(await askRedis(opener.redisUrl, 'CONFIG', 'GET', 'maxmemory')).toBe(`maxmemory,${bytes}`);
    await opener.close();
  });

  it('shares one server between two users and stops it after the last', async () => {
    const first = await openHere({ dataDir });
    const second = await openHere({ dataDir });
    expect(second.redisUrl).toBe(first.redisUrl);
    await first.close();
    expect(await askRedis(second.redisUrl, 'PING')).toBe('PONG');
    await second.close();
    expect(await processesOn(folder, 'supervisor')).toEqual([]);
  });

  it('lets one of several starters win, and the others use its server', async () => {
    const openers = await Promise.all(Array.from({ length: 3 }, async () => startOpener({ dataDir })));
    expect(new Set(openers.map(({ redisUrl }) => redisUrl)).size).toBe(1);
    expect(await processesOn(folder, 'supervisor')).toHaveLength(1);
    expect(await processesOn(folder, 'redis-server')).toHaveLength(1);
    await Promise.all(openers.map(async (opener) => opener.close()));
  });

  it('starts nothing when nothing is wanted', async () => {
    const servers = await openEmbedded({ dataDir, redis: false, mongodb: false, mongodbKind: 'auto' });
    expect(servers).toMatchObject({ redisUrl: undefined, mongodbUri: undefined });
    await servers.close();
    expect(await processesOn(folder, 'supervisor')).toEqual([]);
  });

  it('says what to do about a data folder that cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(openHere({ dataDir: join(folder, 'file/data') })).rejects.toThrow(
      /DATA_DIR .*file\/data cannot be written \(ENOTDIR\)\. Give this user write access/,
    );
  });

  it('works below a path that is too long for a socket and full of odd characters', async () => {
    const long = join(folder, `${'very long '.repeat(12)} "quoted" 'it' \\ 100% é`);
    const opener = await startOpener({ dataDir: long }, { TMPDIR: folder });
    await askRedis(opener.redisUrl, 'SET', 'kept', 'yes');
    await opener.close();
    const again = await startOpener({ dataDir: long }, { TMPDIR: folder });
    expect(await askRedis(again.redisUrl, 'GET', 'kept')).toBe('yes');
    await again.close();
  });

  it('takes another port when a stranger has the old one, and leaves the stranger alone', async () => {
    const first = await openHere({ dataDir });
    await first.close();
    const { port } = await readNote(dataDir, 'redis');
    const heard: string[] = [];
    const stranger = createServer((socket) => socket.on('data', (data) => heard.push(data.toString())));
    await new Promise<void>((resolve) => stranger.listen(port, '127.0.0.1', resolve));
    try {
      const second = await openHere({ dataDir });
      expect(new URL(second.redisUrl).port).not.toBe(String(port));
      await second.close();
      // Above all not the password.
      expect(heard).toEqual([]);
    } finally {
      await new Promise((resolve) => stranger.close(resolve));
    }
  });

  it('gives secrets of its user neither to the supervisor nor to the servers', async () => {
    const opener = await startOpener(
      { dataDir },
      { MASTER_KEY: 'a-secret', META_APP_SECRET: 'another-secret' },
    );
    for (const program of ['supervisor', 'redis-server']) {
      const [pid] = await processesOn(folder, program);
      expect(await readFile(`/proc/${pid}/environ`, 'utf8')).not.toContain('secret');
    }
    await opener.close();
  });

  it('refuses a folder in which another version of the program runs', async () => {
    const opener = await openHere({ dataDir });
    const claim = join(dataDir, 'embedded/claim.1');
    const text = await readFile(claim, 'utf8');
    await writeFile(claim, text.replace('"protocol":"1"', '"protocol":"0"'));
    await expect(openHere({ dataDir })).rejects.toThrow('Another version of this program uses');
    await writeFile(claim, text);
    await opener.close();
  });

  it('ends by itself when its data folder is removed', async () => {
    const opener = await startOpener({ dataDir, lingerMs: 60_000 });
    await opener.kill();
    await rm(dataDir, { recursive: true });
    await waitFor('the end of Redis', async () => (await processesOn(folder, 'redis-server')).length === 0);
    await mkdir(dataDir);
  });
});
