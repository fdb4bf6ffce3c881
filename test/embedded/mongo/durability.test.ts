import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';

import { type EmbeddedMongo, startEmbeddedMongo } from '../../support/embedded-mongo.ts';

interface Row {
  _id: string;
  key: string;
  writer: number;
  changes: number;
  filler: string;
}

const WRITERS = 16;
const KILLS = 3;
const WRITES_PER_LIFE = 500;
const LONG = 240_000; // milliseconds: four starts of a process, on a machine that has other things to do

let dataDir = '';
let server: EmbeddedMongo | undefined;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'embedded-mongo-'));
});
afterEach(async () => {
  await server?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(): Promise<{ rows: mongoose.mongo.Collection<Row>; close: () => Promise<void> }> {
  server = await startEmbeddedMongo({ dataDir });
  const client = await mongoose.mongo.MongoClient.connect(server.uri, { serverSelectionTimeoutMS: 1_000 });
  return { rows: client.db('durable').collection<Row>('rows'), close: () => client.close() };
}

/** Writes without a pause until the server dies; what was acknowledged is put into `acknowledged`. */
async function write(
  rows: mongoose.mongo.Collection<Row>,
  life: number,
  writer: number,
  acknowledged: Map<string, number>,
  onWrite: () => void,
): Promise<void> {
  for (let at = 0; ; at += 1) {
    const _id = `${life}-${writer}-${at}`;
    try {
      await rows.insertOne({ _id, key: `k${_id}`, writer, changes: 0, filler: 'x'.repeat(200) });
      acknowledged.set(_id, 0);
      await rows.updateOne({ _id }, { $inc: { changes: 1 }, $set: { key: `changed${_id}` } });
      acknowledged.set(_id, 1);
    } catch {
      return;
    }
    onWrite();
  }
}

describe('kill -9 under load', () => {
  it(
    'loses nothing that was acknowledged and keeps indexes in step',
    async () => {
      const acknowledged = new Map<string, number>();
      const setUp = await start();
      await setUp.rows.createIndex({ key: 1 }, { unique: true });
      await setUp.rows.createIndex({ writer: 1, changes: 1 });
      await setUp.close();
      await server?.kill('SIGTERM');
      for (let life = 0; life < KILLS; life += 1) {
        const { rows, close } = await start();
        let written = 0;
        const onWrite = (): void => {
          written += 1;
          if (written === WRITES_PER_LIFE) process.kill(server?.pid as number, 'SIGKILL');
        };
        const writers = Array.from({ length: WRITERS }, (_item, writer) =>
          write(rows, life, writer, acknowledged, onWrite),
        );
        await Promise.all(writers);
        await close();
        await server?.kill();
      }
      const { rows, close } = await start();
      const stored = new Map((await rows.find().toArray()).map((row) => [row._id, row]));
      const lost = [...acknowledged].filter(([id, changes]) => (stored.get(id)?.changes ?? -1) < changes);
      expect(lost).toEqual([]);
      expect(acknowledged.size).toBeGreaterThanOrEqual(KILLS * WRITES_PER_LIFE);
      let byIndex = 0;
      for (let writer = 0; writer < WRITERS; writer += 1) {
        byIndex += await rows.countDocuments({ writer }, { hint: 'writer_1_changes_1' });
      }
      expect(byIndex).toBe(stored.size);
      const [sample] = stored.values();
      await expect(rows.insertOne({ ...(sample as Row), _id: 'another' })).rejects.toMatchObject({
        code: 11000,
      });
      expect(await rows.listIndexes().toArray()).toHaveLength(3);
      await close();
    },
    LONG,
  );

  it(
    'ends in peace on SIGTERM and when its parent is gone, and starts again on the same files',
    async () => {
      const first = await start();
      await first.rows.insertOne({ _id: 'kept', key: 'k', writer: 0, changes: 0, filler: '' });
      await first.close();
      await server?.kill('SIGTERM');
      const second = await start();
      expect(await second.rows.countDocuments({})).toBe(1);
      await second.close();
    },
    LONG,
  );
});
