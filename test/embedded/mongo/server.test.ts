import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';

import { type RunningServer, startServer } from '../../../embedded/mongo/server.ts';
import { until } from '../../support/until.ts';

type Row = Record<string, unknown>;

let folder = '';
let server: RunningServer;
let client: mongoose.mongo.MongoClient;
let now = Date.now();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'embedded-mongo-'));
  server = await startServer({ dataFolder: folder, port: 0, expiryInterval: 20, now: () => now });
  client = await mongoose.mongo.MongoClient.connect(`mongodb://127.0.0.1:${server.port}`);
});
afterAll(async () => {
  await client.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const run = (command: Row): Promise<Row> => client.db('server').command(command);

/** Each case: a command that MongoDB has and this server has not, and the name its refusal must say. */
const REFUSED: [command: Row, name: RegExp][] = [
  [{ serverStatus: 1 }, /serverStatus/],
  [{ find: 'c', min: { a: 1 } }, /min/],
  [{ find: 'c', tailable: true }, /tailable/],
  [{ find: 'c', collation: { locale: 'en' } }, /collation/],
  [{ find: 'c', filter: { $where: '1' } }, /\$where/],
  [{ find: 'c', filter: { $text: { $search: 'x' } } }, /\$text/],
  [{ find: 'c', filter: { a: { $near: [0, 0] } } }, /\$near/],
  [{ find: 'c', filter: { a: { $bitsAllSet: 1 } } }, /\$bitsAllSet/],
  [{ find: 'c', filter: { a: { $regex: 'x', $options: 'x' } } }, /option 'x'/],
  [{ find: 'c', filter: { a: { $regex: '(?i)x' } } }, /regex/],
  [{ find: 'c', sort: { score: { $meta: 'textScore' } } }, /score/],
  [{ find: 'c', projection: { 'a.$': 1 } }, /positional/],
  [{ find: 'c', projection: { a: { $slice: 1 } } }, /\$slice/],
  [{ find: 'c', filter: { $expr: { $function: {} } } }, /\$function/],
  [{ find: 'c', readConcern: { level: 'snapshot' } }, /snapshot/],
  [{ update: 'c', updates: [{ q: {}, u: [{ $set: { a: 1 } }] }] }, /pipeline/],
  [{ update: 'c', updates: [{ q: {}, u: { $bit: { a: { or: 1 } } } }] }, /\$bit/],
  [{ insert: 'c', documents: [{ a: 1 }], writeConcern: { w: 3 } }, /write concern/],
  [{ insert: 'c', documents: [{ a: 1 }], txnNumber: mongoose.mongo.Long.fromNumber(1) }, /Transaction/],
  [{ aggregate: 'c', pipeline: [{ $out: 'd' }], cursor: {} }, /\$out/],
  [{ aggregate: 'c', pipeline: [{ $changeStream: {} }], cursor: {} }, /\$changeStream/],
  [{ aggregate: 'c', pipeline: [{ $setWindowFields: {} }], cursor: {} }, /\$setWindowFields/],
  [
    { aggregate: 'c', pipeline: [{ $group: { _id: 1, a: { $stdDevPop: '$a' } } }], cursor: {} },
    /\$stdDevPop/,
  ],
  [{ aggregate: 'c', pipeline: [{ $project: { a: { $dateDiff: {} } } }], cursor: {} }, /\$dateDiff/],
  [{ aggregate: 1, pipeline: [], cursor: {} }, /whole database/],
  [{ createIndexes: 'c', indexes: [{ key: { a: 'text' }, name: 'x' }] }, /'a'/],
  [{ createIndexes: 'c', indexes: [{ key: { 'a.$**': 1 }, name: 'x' }] }, /a\.\$\*\*/],
  [{ createIndexes: 'c', indexes: [{ key: { a: 1 }, name: 'x', hidden: true }] }, /hidden/],
  [{ create: 'c', capped: true, size: 1_000 }, /capped/],
  [{ create: 'c', validator: {} }, /validator/],
];

describe('the server', () => {
  it.each(REFUSED)('refuses %j by name', async (command, name) => {
    const failure = await run(command).then(
      (reply) => (reply['writeErrors'] as Row[] | undefined)?.[0]?.['errmsg'],
      (error: unknown) => (error as Error).message,
    );
    expect(failure).toMatch(name);
  });

  it('says that it stands alone', async () => {
    const hello = await run({ hello: 1 });
    expect(hello).toMatchObject({ isWritablePrimary: true, maxBsonObjectSize: 16_777_216 });
    expect(hello).not.toHaveProperty('setName');
    const session = client.startSession();
    session.startTransaction();
    await expect(client.db('server').collection('c').insertOne({ a: 1 }, { session })).rejects.toThrow(
      /retryable writes|Transaction numbers/,
    );
    await session.endSession();
    await expect(client.db('server').collection('c').watch().next()).rejects.toThrow(/\$changeStream/);
  });

  it('never fails a heartbeat of the driver, which would break off what is under way', async () => {
    const watched = new mongoose.mongo.MongoClient(`mongodb://127.0.0.1:${server.port}`, {
      heartbeatFrequencyMS: 500,
    });
    const beats: string[] = [];
    const three = new Promise<void>((resolve) => {
      for (const name of [
        'serverHeartbeatSucceeded',
        'serverHeartbeatFailed',
        'connectionPoolCleared',
      ] as const) {
        watched.on(name, () => {
          beats.push(name);
          if (beats.length === 3) resolve();
        });
      }
    });
    await watched.connect();
    await three;
    await watched.close();
    expect(beats.slice(0, 3)).toEqual(Array.from({ length: 3 }, () => 'serverHeartbeatSucceeded'));
  });

  it('gives sorted results in batches, also without an index', async () => {
    const rows = client.db('server').collection<{ _id: number; n: number }>('sorted');
    await rows.insertMany(Array.from({ length: 500 }, (_item, at) => ({ _id: at, n: at % 100 })));
    const found = await rows.find().sort({ n: -1, _id: 1 }).batchSize(30).toArray();
    expect(found.map(({ _id }) => _id).slice(0, 6)).toEqual([99, 199, 299, 399, 499, 98]);
    expect(found).toHaveLength(500);
    expect(await rows.aggregate([{ $match: { n: 1_000 } }, { $count: 'n' }]).toArray()).toEqual([]);
  });

  it('names index, key and value of a duplicate', async () => {
    const rows = client.db('server').collection<Row>('unique');
    await rows.createIndex({ tenantId: 1, key: -1 }, { unique: true });
    await rows.insertOne({ tenantId: 't', key: 5 });
    await expect(rows.insertOne({ tenantId: 't', key: 5 })).rejects.toMatchObject({
      code: 11000,
      keyPattern: { tenantId: 1, key: -1 },
      keyValue: { tenantId: 't', key: 5 },
      message:
        'E11000 duplicate key error collection: server.unique index: tenantId_1_key_-1 dup key: { tenantId: "t", key: 5 }',
    });
  });

  it('removes what has expired, and nothing else', async () => {
    const rows = client.db('server').collection<{ _id: number; at?: unknown; keep?: boolean }>('expiry');
    await rows.createIndex({ at: 1 }, { expireAfterSeconds: 60, partialFilterExpression: { keep: false } });
    await rows.insertMany([
      { _id: 1, at: new Date(now), keep: false },
      { _id: 2, at: new Date(now + 50_000), keep: false },
      { _id: 3, at: new Date(now - 900_000), keep: true },
      { _id: 4, at: 'no date', keep: false },
      { _id: 5, keep: false },
    ]);
    now += 61_000;
    await until('the expired document is gone', async () => (await rows.countDocuments({ _id: 1 })) === 0);
    expect((await rows.find().toArray()).map(({ _id }) => _id)).toEqual([2, 3, 4, 5]);
  });

  it('gives up after the time that the client allows', async () => {
    const rows = client.db('server').collection<{ _id: number }>('slow');
    await rows.insertMany(
      Array.from({ length: 20_000 }, (_item, at) => ({ _id: at, text: 'x'.repeat(100) })),
    );
    await expect(
      rows.find({ $expr: { $gt: ['$text', 'y'] } }, { maxTimeMS: 1 }).toArray(),
    ).rejects.toMatchObject({ code: 50 });
  });

  it('serves others while it reads much', async () => {
    const rows = client.db('server').collection('slow');
    const finished: string[] = [];
    const note = (name: string) => (): unknown => finished.push(name);
    await Promise.all([
      rows
        .aggregate([{ $match: { $expr: { $gt: ['$text', 'y'] } } }, { $sort: { text: 1 } }])
        .toArray()
        .then(note('scan')),
      run({ ping: 1 }).then(note('ping')),
      client.db('server').collection<{ _id: string }>('quick').insertOne({ _id: 'x' }).then(note('insert')),
    ]);
    expect(finished.at(-1)).toBe('scan');
  });

  it('refuses keys that no index can hold, and sorts that no memory should', async () => {
    const rows = client
      .db('server')
      .collection<{ _id: number; n?: number; key?: string; large?: string }>('limits');
    await rows.createIndex({ key: 1 });
    await expect(rows.insertOne({ _id: 1, key: 'x'.repeat(2_000) })).rejects.toMatchObject({ code: 17280 });
    const large = 'x'.repeat(12_000_000);
    for (let at = 0; at < 10; at += 1) await rows.insertOne({ _id: at, n: -at, large });
    await expect(rows.find().sort({ n: 1 }).toArray()).rejects.toMatchObject({ code: 292 });
    expect(
      await rows
        .find({}, { projection: { _id: 1 } })
        .sort({ n: 1 })
        .limit(2)
        .toArray(),
    ).toEqual([{ _id: 9 }, { _id: 8 }]);
    await rows.drop();
  }, 120_000);

  it('ends a connection that does not speak its language', async () => {
    const socket = connect(server.port, '127.0.0.1');
    socket.end('GET / HTTP/1.1\r\n\r\n');
    await once(socket.resume(), 'close');
    expect(await run({ ping: 1 })).toMatchObject({ ok: 1 });
  });
});
