/** P1 while Redis is away: what is acknowledged is on the disk, and reaches the lanes in order, whatever dies. */
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { systemRandom } from '../../src/ops/clock.ts';
import { createLogger } from '../../src/ops/log.ts';
import { readSegment, realFiles, SegmentWriter, type SpoolFiles } from '../../src/webhooks/segment.ts';
import { Spool } from '../../src/webhooks/spool.ts';

const log = createLogger('silent');
let root: string;
let spools: Spool[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'whatsper-spool-'));
  spools = [];
});
afterEach(async () => {
  for (const spool of spools) await spool.close();
  await rm(root, { recursive: true });
});

async function open(files?: SpoolFiles): Promise<Spool> {
  const spool = await Spool.open({ root, log, random: systemRandom, ...(files ? { files } : {}) });
  spools.push(spool);
  return spool;
}

const records = (...texts: string[]) => texts.map((text) => Buffer.from(text));

function collector() {
  const taken: string[] = [];
  const take = (some: Buffer[]) => {
    taken.push(...some.map((record) => record.toString()));
    return Promise.resolve();
  };
  return { taken, take };
}

/** What a process that was killed leaves: its folder, and a lock that nobody renews. */
async function leaveBehind(...texts: string[]): Promise<string> {
  const folder = join(root, 'dead');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  const writer = await SegmentWriter.create(realFiles, join(folder, '000000000001.segment'));
  await writer.append(records(...texts));
  await writer.close();
  return writer.path;
}

/** A disk on which one operation fails from some call on. */
function brokenDisk(operation: 'write' | 'datasync', fromCall: number, code: string): SpoolFiles {
  let calls = 0;
  return {
    async open(path, flags) {
      const file = await realFiles.open(path, flags);
      const original = file[operation].bind(file) as (...args: unknown[]) => Promise<never>;
      const failing = (...args: unknown[]) => {
        calls += 1;
        return calls >= fromCall
          ? Promise.reject(Object.assign(new Error(code), { code }))
          : original(...args);
      };
      return Object.assign(file, { [operation]: failing });
    },
  };
}

describe('spool', () => {
  it('hands over what it took, in order, and is empty then', async () => {
    const spool = await open();
    await spool.append(records('a', 'b'));
    await spool.append(records('c'));
    expect(spool.isEmpty).toBe(false);
    const { taken, take } = collector();
    expect(await spool.drain(take)).toBe(3);
    expect(taken).toEqual(['a', 'b', 'c']);
    expect(spool.isEmpty).toBe(true);
  });

  it('keeps what Redis did not take while draining', async () => {
    const spool = await open();
    await spool.append(records('a'));
    await expect(spool.drain(() => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(spool.isEmpty).toBe(false);
    const { taken, take } = collector();
    await spool.drain(take);
    expect(taken).toEqual(['a']);
  });

  it('hands over what came while it was being drained, after the rest', async () => {
    const spool = await open();
    await spool.append(records('a'));
    const taken: string[] = [];
    await spool.drain(async (some) => {
      if (taken.length === 0) await spool.append(records('b'));
      taken.push(...some.map(String));
    });
    expect(taken).toEqual(['a', 'b']);
  });

  it.each(['write', 'datasync'] as const)(
    'does not acknowledge when %s fails, and goes on when there is room again',
    async (operation) => {
      let broken = true;
      const files: SpoolFiles = {
        open: (path, flags) => (broken ? brokenDisk(operation, 2, 'ENOSPC') : realFiles).open(path, flags),
      };
      const spool = await open(files);
      await spool.append(records('a'));
      await expect(spool.append(records('b'))).rejects.toThrow('ENOSPC');
      broken = false;
      const { taken, take } = collector();
      await spool.drain(take);
      await spool.append(records('c'));
      await spool.drain(take);
      expect(taken).toEqual(['a', 'c']);
    },
  );

  it('drains the folder of a dead process, and leaves that of a living one', async () => {
    await leaveBehind('x', 'y');
    const living = await open();
    await living.append(records('mine'));
    const { taken, take } = collector();
    expect(await (await open()).drainOrphans(take)).toBe(2);
    expect(taken).toEqual(['x', 'y']);
    expect(living.isEmpty).toBe(false);
    expect((await readdir(root)).filter((name) => name.startsWith('dead'))).toEqual([]);
  });

  it('cuts a torn tail off and keeps the file for a look', async () => {
    const path = await leaveBehind('whole', 'torn');
    await truncate(path, (await readFile(path)).length - 2);
    const { taken, take } = collector();
    await (await open()).drainOrphans(take);
    expect(taken).toEqual(['whole']);
    expect((await readdir(root)).some((name) => name.endsWith('.cut'))).toBe(true);
  });

  it('a holder that was paused while another adopted its folder refuses its next write, then goes on in a new one', async () => {
    const spool = await open();
    await spool.append(records('before'));
    const [folder = ''] = (await readdir(root)).filter((name) => !name.endsWith('.lock'));
    await rename(join(root, folder), join(root, `${folder}.adopted`));
    await expect(spool.append(records('overlooked'))).rejects.toThrow(/took this spool folder over/);
    await spool.append(records('after'));
    const { taken, take } = collector();
    await spool.drain(take);
    expect(taken).toEqual(['after']);
  });
});

describe('segment', () => {
  it.each([
    ['an empty file', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(100)],
    ['a length beyond the end', Buffer.from('ffffffff00000000', 'hex')],
  ])('of %s has no record of content', (_name, bytes) => {
    expect(readSegment(bytes).records).toEqual([]);
  });

  it('stops at the first record whose bytes changed', async () => {
    const path = await leaveBehind('one', 'two', 'three');
    const bytes = await readFile(path);
    bytes[8 + 3 + 8] = 0;
    await writeFile(path, bytes);
    expect(readSegment(await readFile(path)).records.map(String)).toEqual(['one']);
    await appendFile(path, 'x');
    expect(readSegment(await readFile(path)).cut).toBeGreaterThan(0);
  });
});
