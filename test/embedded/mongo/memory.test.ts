import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';

import { type EmbeddedMongo, startEmbeddedMongo } from '../../support/embedded-mongo.ts';

const MESSAGES = 200_000;
const BATCH = 1_000;
const LARGEST_GROWTH = 160; // MB of memory of its own, beside the pages of the file that the system lends it

/** Newer versions of Node.js let garbage lie far longer: it is not what this looks for. */
const EAGER = ['--heap-growing-percent=20', '--max-semi-space-size=8'];

let server: EmbeddedMongo;
let client: mongoose.mongo.MongoClient;

beforeAll(async () => {
  server = await startEmbeddedMongo({ node: EAGER });
  client = await mongoose.mongo.MongoClient.connect(server.uri);
});
afterAll(async () => {
  await client.close();
  await server.stop();
});

/** Memory of the server's own in MB: what grows with objects, not the mapped pages of its file. */
async function ownMemory(): Promise<number> {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
}

describe('200,000 messages', () => {
  const rows = (): mongoose.mongo.Collection<{ _id: string; [field: string]: unknown }> =>
    client.db('memory').collection('messages');
  const id = (at: number): string => `m${String(at).padStart(6, '0')}`;

  it('do not stay in memory, neither when they are written nor when they are read', async () => {
    await rows().createIndex({ tenantId: 1, conversationId: 1, position: 1 });
    await rows().createIndex({ tenantId: 1, forward: 1 }, { partialFilterExpression: { forward: 'due' } });
    const content = randomBytes(800);
    await rows().insertOne({ _id: 'first' });
    const before = await ownMemory();
    let most = 0;
    for (let from = 0; from < MESSAGES; from += BATCH) {
      const batch = Array.from({ length: BATCH }, (_item, at) => ({
        _id: id(from + at),
        tenantId: 't',
        conversationId: `c${(from + at) % 500}`,
        position: Math.floor((from + at) / 500),
        at: new Date(1_700_000_000_000 + from + at),
        content,
      }));
      await rows().insertMany(batch, { ordered: false });
      most = Math.max(most, await ownMemory());
    }
    let read = 0;
    const all = rows().find(
      { tenantId: 't' },
      { projection: { _id: 1 }, hint: 'tenantId_1_conversationId_1_position_1' },
    );
    while (await all.hasNext()) {
      read += all.readBufferedDocuments().length;
      most = Math.max(most, await ownMemory());
    }
    expect(read).toBe(MESSAGES);
    expect(most - before).toBeLessThan(LARGEST_GROWTH);
  }, 300_000);

  it('are found by an index as fast as few', async () => {
    const page = rows()
      .find({ tenantId: 't', conversationId: 'c7', position: { $lt: 300 } })
      .sort({ position: -1 })
      .limit(20);
    const explained = (await page.clone().explain('executionStats')) as {
      executionStats: { totalDocsExamined: number };
    };
    expect(explained.executionStats.totalDocsExamined).toBe(20);
    expect((await page.toArray()).map(({ _id }) => _id)[0]).toBe(id(299 * 500 + 7));
    expect(await rows().findOne({ _id: id(150_000) })).toMatchObject({ conversationId: 'c0', position: 300 });
  });
});
