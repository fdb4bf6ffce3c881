import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import type { Lock } from '../../embedded/lock.ts';
import { readClaim, takeLock } from '../../embedded/lock.ts';
import { sourceCommand } from './openers.ts';

// Each test starts several programs, which takes its time on a busy machine.
jest.setTimeout(120_000);

let folder: string;
const children: ChildProcessWithoutNullStreams[] = [];
const held: Lock[] = [];

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'whatsper-lock-')), 'lock');
});

afterEach(async () => {
  await Promise.all(children.splice(0).map(kill));
  await Promise.all(held.splice(0).map(async (lock) => lock.release()));
  await rm(join(folder, '..'), { recursive: true, force: true });
});

async function kill(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'close');
}

async function startHolder(): Promise<{ child: ChildProcessWithoutNullStreams; took: boolean }> {
  const { command, args } = sourceCommand(new URL('./lock-holder.ts', import.meta.url));
  const child = spawn(command, [...args, folder], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: 'pipe',
  });
  children.push(child);
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, took: (JSON.parse(line) as { took: boolean }).took };
}

async function take(options: Partial<Parameters<typeof takeLock>[1]> = {}): Promise<boolean> {
  const outcome = await takeLock(folder, { details: {}, silenceMs: 300, ...options });
  if ('lock' in outcome) held.push(outcome.lock);
  return 'lock' in outcome;
}

/** Makes the highest claim look like one of another machine or container. */
async function moveElsewhere(): Promise<string> {
  const name = (await readdir(folder)).find((found) => found.startsWith('claim.')) ?? '';
  const claim = JSON.parse(await readFile(join(folder, name), 'utf8')) as {
    holder: { place: string };
    released: boolean;
  };
  claim.holder.place = 'another-kernel another-namespace';
  claim.released = false;
  await writeFile(join(folder, name), JSON.stringify(claim));
  return join(folder, name);
}

describe('takeLock', () => {
  it('gives the lock to one of many rivals', async () => {
    const outcomes = await Promise.all(Array.from({ length: 20 }, async () => take()));
    expect(outcomes.filter((took) => took)).toHaveLength(1);
  });

  it('gives it to one of many rivals when the holder is dead', async () => {
    const { child } = await startHolder();
    await kill(child);
    const outcomes = await Promise.all(Array.from({ length: 20 }, async () => take()));
    expect(outcomes.filter((took) => took)).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['claim.2']);
  });

  it('leaves it with a living process', async () => {
    const { took } = await startHolder();
    expect(took).toBe(true);
    expect(await take()).toBe(false);
    expect((await startHolder()).took).toBe(false);
  });

  it('takes the lock of a copied folder, whose claim is about another', async () => {
    await startHolder();
    await cp(folder, `${folder}-copy`, { recursive: true });
    const outcome = await takeLock(`${folder}-copy`, { details: {} });
    if ('lock' in outcome) held.push(outcome.lock);
    expect(outcome).toHaveProperty('lock');
    expect(await take()).toBe(false);
  });

  it('gives a released lock to the next at once', async () => {
    expect(await take()).toBe(true);
    await held.pop()?.release();
    expect((await readClaim(folder))?.released).toBe(true);
    expect(await take()).toBe(true);
  });

  it('survives many rounds of release and rivalry with one winner each', async () => {
    for (let round = 0; round < 20; round += 1) {
      const outcomes = await Promise.all(Array.from({ length: 5 }, async () => take()));
      expect(outcomes.filter((took) => took)).toHaveLength(1);
      await held.pop()?.release();
    }
  });
});

describe('takeLock from a holder elsewhere', () => {
  beforeEach(async () => {
    const { child } = await startHolder();
    await kill(child);
  });

  it('waits for its heartbeat and takes over when there is none', async () => {
    await moveElsewhere();
    let watched = false;
    expect(await take({ onWatch: async () => void (watched = true) })).toBe(true);
    expect(watched).toBe(true);
  });

  it('leaves the lock with one whose heart beats', async () => {
    const path = await moveElsewhere();
    let beats = 0;
    const timer = setInterval(() => {
      beats += 1;
      utimes(path, beats, beats).catch(() => clearInterval(timer));
    }, 50);
    expect(await take({ silenceMs: 2_000 })).toBe(false);
    clearInterval(timer);
  });

  it('believes one that answers, and one that refuses', async () => {
    await moveElsewhere();
    expect(await take({ probe: async () => 'alive' })).toBe(false);
    expect(await take({ probe: async () => 'dead', silenceMs: 60_000 })).toBe(true);
  });

  it('watches a claim that cannot be read, as if it were elsewhere', async () => {
    await writeFile(await moveElsewhere(), '');
    expect(await take()).toBe(true);
  });
});

describe('a lock that is held', () => {
  it('tells its holder when the folder is removed', async () => {
    await new Promise<void>((resolve, reject) => {
      take({ onLost: resolve })
        .then(async () => rm(folder, { recursive: true }))
        .catch(reject);
    });
    await expect(held.pop()?.release()).resolves.toBeUndefined();
  });

  it('tells its holder when another one succeeded it', async () => {
    await new Promise<void>((resolve, reject) => {
      take({ onLost: resolve })
        .then(async () => writeFile(join(folder, 'claim.7'), '{}'))
        .catch(reject);
    });
  });
});
