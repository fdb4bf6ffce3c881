import { chmod, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import mongoose from 'mongoose';

import { chooseMongodb } from '../../embedded/mongod.ts';
import { serverRecord } from '../../embedded/supervisor/records.ts';
import {
  endOpeners,
  openHere,
  processesOn,
  readNote,
  sourceCommand,
  startOpener,
  waitFor,
} from './openers.ts';

// Each test starts several programs, which takes its time on a busy machine.
jest.setTimeout(120_000);

const searchPath = process.env.PATH;
let folder: string;
let dataDir: string;
let bin: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'whatsper-mongodb-')));
  dataDir = join(folder, 'data');
  bin = join(folder, 'bin');
  await Promise.all([mkdir(dataDir), mkdir(bin)]);
});

afterEach(async () => {
  process.env.PATH = searchPath;
  await endOpeners();
  await waitFor('the end of all processes', async () => (await processesOn(folder, '')).length === 0);
  await rm(folder, { recursive: true });
});

async function installMongod(): Promise<string> {
  const { command, args } = sourceCommand(new URL('./fake-mongod.ts', import.meta.url));
  const path = join(bin, 'mongod');
  const line = [command, ...args].map((word) => `'${word}'`).join(' ');
  await writeFile(path, `#!/bin/sh\nexec ${line} "$@"\n`);
  await chmod(path, 0o755);
  return path;
}

/** Runs `use` with a database of this server. */
interface Note {
  text: string;
}

async function withDatabase<Result>(
  uri: string,
  use: (notes: mongoose.Model<Note>) => Promise<Result>,
): Promise<Result> {
  const connection = await mongoose
    .createConnection(uri, { dbName: 'test', serverSelectionTimeoutMS: 5_000 })
    .asPromise();
  try {
    return await use(
      connection.model('Note', new mongoose.Schema<Note>({ text: { type: String, required: true } })),
    );
  } finally {
    await connection.close();
  }
}

const texts = async (uri: string): Promise<string[]> =>
  withDatabase(uri, async (notes) => (await notes.find()).map(({ text }) => text));

describe('the built-in MongoDB', () => {
  const wish = { redis: false, mongodb: true, mongodbKind: 'builtin' } as const;

  it('keeps its data and its address over a stop and a start', async () => {
    const first = await openHere({ dataDir, ...wish });
    await withDatabase(first.mongodbUri, async (notes) => notes.create({ text: 'kept' }));
    await first.close();
    const second = await openHere({ dataDir, ...wish });
    expect(second.mongodbUri).toBe(first.mongodbUri);
    expect(await texts(second.mongodbUri)).toEqual(['kept']);
    await second.close();
  });

  it('takes another port when a stranger has the old one', async () => {
    const stranger = createServer();
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const { port } = stranger.address() as AddressInfo;
    await mkdir(join(dataDir, 'embedded'));
    serverRecord(join(dataDir, 'embedded'), 'mongodb').write(port, { pid: 0, started: '', place: '' });
    const servers = await openHere({ dataDir, ...wish });
    expect(new URL(servers.mongodbUri).port).not.toBe(String(port));
    await servers.close();
    await new Promise((resolve) => stranger.close(resolve));
  });

  it('comes back on the same port, with its data, after kill -9', async () => {
    const servers = await openHere({ dataDir, ...wish });
    await withDatabase(servers.mongodbUri, async (notes) => notes.create({ text: 'kept' }));
    process.kill((await readNote(dataDir, 'mongodb')).pid, 'SIGKILL');
    const found = await waitFor('MongoDB', async () => texts(servers.mongodbUri).catch(() => undefined));
    expect(found).toEqual(['kept']);
    expect(servers.progress.join()).toMatch(/MongoDB stopped unexpectedly/);
    await servers.close();
  });

  it('ends with a supervisor that was killed, and its user gets a new one', async () => {
    const opener = await startOpener({ dataDir, ...wish });
    await withDatabase(opener.mongodbUri, async (notes) => notes.create({ text: 'kept' }));
    const { pid } = await readNote(dataDir, 'mongodb');
    const [supervisor] = await processesOn(dataDir, 'supervisor');
    process.kill(supervisor ?? 0, 'SIGKILL');
    await waitFor('a new MongoDB', async () => (await readNote(dataDir, 'mongodb')).pid !== pid);
    const found = await waitFor('MongoDB', async () => texts(opener.mongodbUri).catch(() => undefined));
    expect(found).toEqual(['kept']);
    expect(await processesOn(dataDir, 'mongo/main')).toHaveLength(1);
    await opener.close();
  });
});

describe('a mongod in PATH', () => {
  it('is started as a private child with its data in DATA_DIR', async () => {
    await installMongod();
    process.env.PATH = `${bin}${delimiter}${searchPath}`;
    const wish = { dataDir, redis: false, mongodb: true } as const;
    const servers = await openHere(wish);
    await withDatabase(servers.mongodbUri, async (notes) => notes.create({ text: 'kept' }));
    const { port } = new URL(servers.mongodbUri);
    expect(await readFile(join(dataDir, 'mongod/arguments'), 'utf8')).toBe(
      `--dbpath ${dataDir}/mongod --bind_ip 127.0.0.1 --port ${port} --nounixsocket\n`,
    );
    await expect(openHere({ ...wish, mongodbKind: 'builtin' })).rejects.toThrow(
      'EMBEDDED_MONGODB=builtin is asked for, but another process of this DATA_DIR runs on a mongod',
    );
    await servers.close();

    const again = await openHere(wish);
    expect(await texts(again.mongodbUri)).toEqual(['kept']);
    await again.close();
    process.env.PATH = searchPath;
    await expect(openHere(wish)).rejects.toThrow(/holds the data of a mongod, which is not in PATH any more/);
  });
});

describe('chooseMongodb', () => {
  it.each([
    ['the built-in one where there is no mongod', { mongod: false, data: [], wish: 'auto', kind: 'builtin' }],
    ['a mongod that is there', { mongod: true, data: [], wish: 'auto', kind: 'mongod' }],
    [
      'the built-in one when it is asked for',
      { mongod: true, data: ['mongod'], wish: 'builtin', kind: 'builtin' },
    ],
    ['the one whose data is there', { mongod: true, data: ['mongo'], wish: 'auto', kind: 'builtin' }],
    [
      'mongod when there is data of both',
      { mongod: true, data: ['mongo', 'mongod'], wish: 'auto', kind: 'mongod' },
    ],
  ] as const)('takes %s', async (_, { mongod, data, wish, kind }) => {
    const path = mongod ? await installMongod() : undefined;
    for (const name of data) {
      await mkdir(join(dataDir, name));
      await writeFile(join(dataDir, name, 'file'), '');
    }
    const choice = await chooseMongodb(dataDir, wish, bin);
    expect(choice.kind).toBe(kind);
    expect(choice.mongod).toBe(kind === 'mongod' ? path : undefined);
  });
});
