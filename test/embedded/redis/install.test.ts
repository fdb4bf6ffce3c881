import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { findRedis, isRecent } from '../../../embedded/redis/find.ts';
import type { Machine } from '../../../embedded/redis/install.ts';
import type { Step } from '../../../embedded/redis/install-plan.ts';
import { openCacheFolder, provideRedis } from '../../../embedded/redis/provide.ts';
import { runStep } from '../../../embedded/redis/run-step.ts';

const REDIS_7 = 'Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64';
const OFFER = 'redis-server:\n  Candidate: 5:7.0.15\n';

let folder: string;
let bin: string;
let told: string[];
let steps: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whatsper-install-'));
  bin = join(folder, 'bin');
  await Promise.all([mkdir(bin), mkdir(join(folder, 'cache'))]);
  told = [];
  steps = [];
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function program(path: string, output: string, code = 0): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho '${output}'\nexit ${code}\n`);
  await chmod(path, 0o755);
}

async function debian(...more: string[]): Promise<void> {
  for (const name of ['apt-get', 'dpkg-deb', ...more]) await program(join(bin, name), '');
}

/** A machine on which steps do what the test says; those it does not name succeed and say nothing. */
function machine(root: boolean, does: (line: string, step: Step) => Promise<string | undefined>): Machine {
  return {
    folders: [bin],
    cache: join(folder, 'cache'),
    root,
    onProgress: (line) => told.push(line),
    execute: async (step) => {
      const line = [step.command, ...step.args].join(' ');
      steps.push(line);
      return (await does(line, step)) ?? '';
    },
  };
}

const installs = (line: string): boolean => /^(sudo -n )?sh -c/.test(line);

/** What downloading and unpacking would leave behind. */
async function unpacks(line: string, step: Step): Promise<string | undefined> {
  if (line.includes(' policy ')) return OFFER;
  if (line.includes(' download ')) await writeFile(join(step.folder ?? '', 'redis-server_7.deb'), '');
  if (line.startsWith('dpkg-deb')) {
    await program(join(step.args.at(-1) ?? '', 'usr/bin/redis-server'), REDIS_7);
  }
  return undefined;
}

describe('provideRedis', () => {
  it('takes what is there and installs nothing', async () => {
    await program(join(bin, 'valkey-server'), 'Valkey server v=8.1.1 sha=00000000:0');
    expect(await provideRedis(machine(true, async () => undefined))).toEqual({
      path: join(bin, 'valkey-server'),
    });
    expect(steps).toEqual([]);
  });

  it('as root installs the package', async () => {
    await debian();
    const path = join(bin, 'redis-server');
    const found = await provideRedis(
      machine(true, async (line) => {
        if (line.includes(' policy ')) return OFFER;
        if (installs(line)) await program(path, REDIS_7);
        return undefined;
      }),
    );
    expect(found).toEqual({ path });
    expect(steps.map((line) => line.split(' ')[0])).toEqual(['apt-cache', 'sh']);
    expect(told).toContain("Redis: installing Debian's package redis-server");
  });

  it('as root fetches the lists first when they are missing', async () => {
    await debian();
    let lists = false;
    await provideRedis(
      machine(true, async (line) => {
        if (line.endsWith(' update')) lists = true;
        if (line.includes(' policy ')) return lists ? OFFER : '';
        if (installs(line)) await program(join(bin, 'redis-server'), REDIS_7);
        return undefined;
      }),
    );
    expect(steps.map((line) => line.split(' ')[0])).toEqual(['apt-cache', 'apt-get', 'apt-cache', 'sh']);
  });

  it('uses sudo where that asks no password', async () => {
    await debian('sudo');
    await provideRedis(
      machine(false, async (line) => {
        if (line.includes(' policy ')) return OFFER;
        if (installs(line)) await program(join(bin, 'redis-server'), REDIS_7);
        return undefined;
      }),
    );
    expect(steps.filter((line) => line.startsWith('sudo -n sh'))).toHaveLength(1);
  });

  it('unpacks into the cache where sudo would ask', async () => {
    await debian('sudo');
    const found = await provideRedis(
      machine(false, async (line, step) => {
        if (line.startsWith('sudo')) throw new Error('a password is required');
        return unpacks(line, step);
      }),
    );
    expect(found.path).toBe(join(folder, 'cache/redis/usr/bin/redis-server'));
    expect(await readdir(join(folder, 'cache'))).toEqual(['installing', 'redis']);
    expect(steps.some(installs)).toBe(false);
  });

  it('unpacks also as root when the machine cannot be changed, and says why', async () => {
    await debian();
    const found = await provideRedis(
      machine(true, async (line, step) => {
        if (installs(line)) throw new Error('Read-only file system');
        return unpacks(line, step);
      }),
    );
    expect(found.path).toContain('/cache/redis/');
    expect(told.join('\n')).toMatch(/did not work: Read-only file system\. Unpacking for this user instead/);
  });

  it('finds what it unpacked the next time, with its libraries', async () => {
    await debian();
    await provideRedis(machine(false, unpacks));
    await mkdir(join(folder, 'cache/redis/usr/lib/x86_64-linux-gnu'), { recursive: true });
    steps = [];
    expect(await provideRedis(machine(false, unpacks))).toEqual({
      path: join(folder, 'cache/redis/usr/bin/redis-server'),
      libraryPath: join(folder, 'cache/redis/usr/lib/x86_64-linux-gnu'),
    });
    expect(steps).toEqual([]);
  });

  it('installs once when several want it at the same time', async () => {
    await debian();
    const wishes = Array.from({ length: 3 }, async () => provideRedis(machine(false, unpacks)));
    expect(new Set((await Promise.all(wishes)).map(({ path }) => path)).size).toBe(1);
    expect(steps.filter((line) => line.includes(' download '))).toHaveLength(1);
  });

  it('says in one sentence what to install on a machine that is not Debian', async () => {
    await expect(provideRedis(machine(true, async () => undefined))).rejects.toThrow(
      /^No Redis server \(6\.2 or newer\) is on this machine: install redis-server or valkey-server with its package manager, or set REDIS_URL to one that runs elsewhere\.$/,
    );
    expect(steps).toEqual([]);
  });

  it('says the same, and why, when nothing worked, and leaves nothing half done', async () => {
    await debian();
    const failing = machine(false, async () => {
      throw new Error('Temporary failure resolving deb.debian.org');
    });
    await expect(provideRedis(failing)).rejects.toThrow(
      /install redis-server.*\(.*Temporary failure resolving/,
    );
    expect(await readdir(join(folder, 'cache'))).toEqual(['installing']);
  });
});

describe('findRedis', () => {
  it('passes over programs that are too old or do not run', async () => {
    await program(join(folder, 'old/redis-server'), 'Redis server v=5.0.7 sha=00000000:0');
    await program(
      join(folder, 'broken/redis-server'),
      'libjemalloc.so.2: cannot open shared object file',
      127,
    );
    await program(join(bin, 'redis-server'), REDIS_7);
    const folders = [join(folder, 'absent'), join(folder, 'old'), join(folder, 'broken'), bin];
    expect(await findRedis(folders)).toEqual({ path: join(bin, 'redis-server') });
    expect(await findRedis(folders.slice(0, 3))).toBeUndefined();
  });

  it.each([
    ['Redis server v=6.2.0 sha=0', true],
    ['Redis server v=6.0.16 sha=0', false],
    ['Valkey server v=8.1.1 sha=0', true],
    ['Redis server v=10.0.0 sha=0', true],
    ['something else', false],
  ])('reads %s as recent: %s', (versionLine, recent) => {
    expect(isRecent(versionLine)).toBe(recent);
  });
});

describe('openCacheFolder', () => {
  it('is the user’s own, closed to others', async () => {
    expect(await openCacheFolder(folder, join(folder, 'home/.cache'))).toBe(
      join(folder, 'home/.cache/whatsper'),
    );
  });

  it('is in the data folder for a user without a home', async () => {
    await writeFile(join(folder, 'nobody'), '');
    expect(await openCacheFolder(folder, join(folder, 'nobody/.cache'))).toBe(join(folder, '.cache'));
  });
});

describe('runStep', () => {
  const step = (script: string): Step => ({ title: 'doing it', command: 'sh', args: ['-c', script] });

  it('answers what the command said, line by line and whole', async () => {
    const lines: string[] = [];
    expect(await runStep(step('echo one; echo two'), (line) => lines.push(line))).toBe('one\ntwo');
    expect(lines).toEqual(['one', 'two']);
  });

  it('fails with the command’s last complaint, warnings apart', async () => {
    const failing = runStep(
      step('echo "E: no such package" >&2; echo "W: something else" >&2; exit 100'),
      () => undefined,
    );
    await expect(failing).rejects.toThrow('doing it failed (E: no such package)');
  });

  it('fails with the code of a command that says nothing, and when there is no such command', async () => {
    await expect(runStep(step('exit 3'), () => undefined)).rejects.toThrow('doing it failed (code 3)');
    const absent = { ...step(''), command: join(folder, 'absent') };
    await expect(runStep(absent, () => undefined)).rejects.toThrow('ENOENT');
  });

  it('ends a command that does not come to an end', async () => {
    const endless = { ...step(''), command: 'sleep', args: ['600'] };
    await expect(runStep(endless, () => undefined, 50)).rejects.toThrow('doing it failed (it took too long)');
  });
});
