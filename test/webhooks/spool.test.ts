/** P1 while Redis is away: what is acknowledged is on the disk, and reaches the lanes in order, whatever dies. */
import { mkdir, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { systemRandom } from '../../src/ops/clock.ts';
import { createLogger } from '../../src/ops/log.ts';
import { SealError } from '../../src/store/seal.ts';
import { readSegment, realFiles, SegmentWriter, type SpoolFiles } from '../../src/webhooks/segment.ts';
import { Spool } from '../../src/webhooks/spool.ts';
import { readSpools } from '../../src/webhooks/spool-files.ts';
import { ManualClock } from '../support/clock.ts';

let lines: string[];
const log = createLogger('info', { write: (line) => void lines.push(line) });
const logged = () => lines.join('');
let clock: ManualClock;
/** Folder of a process that died. */
const DEAD = 'dead000000000000';
let root: string;
let spools: Spool[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'whatsper-spool-'));
  spools = [];
  lines = [];
  clock = new ManualClock();
});
afterEach(async () => {
  for (const spool of spools) await spool.close();
  await rm(root, { recursive: true });
});

async function open(files?: SpoolFiles): Promise<Spool> {
  const spool = await Spool.open({
    root,
    log,
    random: systemRandom,
    clock,
    ...(files ? { files } : {}),
  });
  spools.push(spool);
  return spool;
}

const records = (...texts: string[]) => texts.map((text) => Buffer.from(text));

/** Everything that stands in the spools' folder. */
const names = () => readdir(root);

/** What comes out after everything that nobody holds was adopted. */
async function drained(spool: Spool): Promise<string[]> {
  const { taken, take } = collector();
  await spool.adopt();
  await spool.drain(take);
  return taken;
}

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
  const folder = join(root, DEAD);
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

  it('drains the folder of a dead process before its own, and leaves that of a living one', async () => {
    await leaveBehind('x', 'y');
    const living = await open();
    await living.append(records('of the living'));
    const spool = await open();
    await spool.append(records('mine'));
    expect(await spool.adopt()).toBe(1);
    const { taken, take } = collector();
    await spool.drain(take);
    expect(taken).toEqual(['x', 'y', 'mine']);
    expect(living.isEmpty).toBe(false);
    expect(await names()).not.toContain(DEAD);
  });

  it("what a closed process left is the next one's, with what that one had adopted", async () => {
    await leaveBehind('x');
    const first = await open();
    await first.adopt();
    await first.append(records('y'));
    await first.close();
    const second = await open();
    expect(await second.adopt()).toBe(2);
    const { taken, take } = collector();
    await second.drain(take);
    expect(taken).toEqual(['x', 'y']);
    await second.close();
    expect(await names()).toEqual([]);
  });

  it('a folder that several find at once is drained by one of them', async () => {
    await leaveBehind('x');
    const rivals = await Promise.all([open(), open(), open(), open()]);
    const counts = await Promise.all(rivals.map((spool) => spool.adopt()));
    expect(counts.sort()).toEqual([0, 0, 0, 1]);
    const { taken, take } = collector();
    for (const spool of rivals) await spool.drain(take);
    expect(taken).toEqual(['x']);
  });

  it('cuts a torn tail off and keeps the file for a look', async () => {
    const path = await leaveBehind('whole', 'torn');
    await truncate(path, (await readFile(path)).length - 2);
    expect(await drained(await open())).toEqual(['whole']);
    expect((await names()).filter((name) => name.endsWith('.torn'))).toHaveLength(1);
  });

  it('hands over what stands after a damaged place, keeps the bytes, and says so', async () => {
    const path = await leaveBehind('one', 'two', 'three');
    const bytes = await readFile(path);
    bytes[12 + 3 + 12] = 0; // the first letter of "two"
    await writeFile(path, bytes);
    expect(await drained(await open())).toEqual(['one', 'three']);
    const [kept = ''] = (await names()).filter((name) => name.endsWith('.damaged'));
    expect(await readFile(join(root, kept))).toEqual(bytes);
    expect(logged()).toContain('alert.spool-damaged');
    expect((await readSpools(root)).keptFiles).toBe(1);
  });

  it('keeps what another key sealed for the process that has it, and hands over the rest', async () => {
    await leaveBehind('a', 'secret', 'b');
    const taken: string[] = [];
    const take = (some: Buffer[]) => {
      if (some.some((record) => record.toString() === 'secret')) return Promise.reject(new SealError('no'));
      taken.push(...some.map(String));
      return Promise.resolve();
    };
    const spool = await open();
    await spool.adopt();
    await spool.drain(take);
    expect(taken).toEqual(['a', 'b']);
    expect(spool.isEmpty).toBe(true);
    expect(await spool.adopt()).toBe(0);
    expect(logged()).toContain('alert.spool-of-another-key');
    expect(await drained(await open())).toContain('secret');
  });

  it('a holder that was paused while another adopted its folder goes on in a new one', async () => {
    const spool = await open();
    await spool.append(records('before'));
    const [folder = ''] = await names();
    await rename(join(root, folder), join(root, `${folder}.adopted`));
    await spool.append(records('after'));
    const { taken, take } = collector();
    await spool.drain(take);
    expect(taken).toEqual(['after']);
  });

  it('a holder that drains what another adopted meanwhile leaves it to that one', async () => {
    const spool = await open();
    await spool.append(records('before'));
    const [folder = ''] = await names();
    await rename(join(root, folder), join(root, `${folder}.adopted`));
    const { taken, take } = collector();
    expect(await spool.drain(take)).toBe(0);
    expect(spool.isEmpty).toBe(true);
    await spool.append(records('after'));
    await spool.drain(take);
    expect(taken).toEqual(['after']);
  });

  it('appends that come while it is drained, or closed, are neither lost nor half there', async () => {
    const spool = await open();
    const { taken, take } = collector();
    const appended: string[] = [];
    const appending = Array.from({ length: 200 }, async (_, index) => {
      await spool.append(records(String(index)));
      appended.push(String(index));
    });
    const draining = Array.from({ length: 20 }, () => spool.drain(take));
    await Promise.all([...appending, ...draining]);
    const last = [spool.append(records('last')), spool.close(), spool.append(records('too late'))];
    const outcomes = await Promise.allSettled(last);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    taken.push(...(await drained(await open())));
    expect(new Set(taken)).toEqual(new Set([...appended, 'last']));
  });

  it('writes a record that the disk takes piece by piece', async () => {
    const files: SpoolFiles = {
      async open(path, flags) {
        const file = await realFiles.open(path, flags);
        const write = file.write.bind(file) as (...args: unknown[]) => Promise<{ bytesWritten: number }>;
        const some = (bytes: Buffer, from: number, length: number, at: number) =>
          write(bytes, from, Math.min(length, 7), at);
        return Object.assign(file, { write: some as unknown as typeof file.write });
      },
    };
    const spool = await open(files);
    await spool.append(records('a record of many pieces', 'another'));
    expect(await drained(spool)).toEqual(['a record of many pieces', 'another']);
  });

  it('says how much waits and since when', async () => {
    const spool = await open();
    expect(spool.size()).toEqual({ segments: 0, bytes: 0, oldestAt: null });
    await spool.append(records('a'));
    clock.advance(60_000);
    await spool.append(records('b'));
    const oldestAt = clock.now() - 60_000;
    expect(spool.size()).toEqual({ segments: 1, bytes: 26, oldestAt });
    expect(await readSpools(root)).toEqual({ segments: 1, bytes: 26, oldestAt, keptFiles: 0 });
    expect(await readSpools(join(root, 'nowhere'))).toMatchObject({ segments: 0, oldestAt: null });
  });

  it('does not start where nothing can be written, and says what to do', async () => {
    const file = join(root, 'a-file');
    await writeFile(file, '');
    const opening = Spool.open({ root: join(file, 'spool'), log, random: systemRandom, clock });
    await expect(opening).rejects.toThrow('Give this user write access to DATA_DIR');
  });
});

describe('segment', () => {
  it.each([
    ['an empty file', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(100)],
    ['a length beyond the end', Buffer.from('57535052ffffffff00000000', 'hex')],
  ])('of %s has no record of content', (_name, bytes) => {
    expect(readSegment(bytes)).toEqual({ records: [], torn: bytes.length, damaged: 0 });
  });

  it('cut anywhere gives the records before the cut, unchanged', async () => {
    const path = await leaveBehind('one', 'two', 'three');
    const bytes = await readFile(path);
    for (let length = 0; length <= bytes.length; length += 1) {
      const whole = [15, 30, 47].filter((end) => end <= length).length;
      const { records: found, damaged } = readSegment(bytes.subarray(0, length));
      expect(found.map(String)).toEqual(['one', 'two', 'three'].slice(0, whole));
      expect(damaged).toBe(0);
    }
  });
});
