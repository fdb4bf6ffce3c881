import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';

import { codeOf, useDatabase } from './database.ts';

/** The same operations through Mongoose models, as the product uses them. */
const db = useDatabase();

interface Message {
  _id: string;
  tenantId: string;
  conversationId: string;
  position: number;
  status: string;
  rank: number;
  forward?: string | undefined;
  content?: Buffer;
  at: Date;
  error?: { code: number; title: string };
}

const messageSchema = new mongoose.Schema<Message>(
  {
    _id: String,
    tenantId: { type: String, required: true },
    conversationId: { type: String, required: true },
    position: Number,
    status: String,
    rank: Number,
    forward: String,
    content: Buffer,
    at: Date,
    error: { type: new mongoose.Schema({ code: Number, title: String }, { _id: false }) },
  },
  { versionKey: false, autoIndex: false },
);
messageSchema.index({ tenantId: 1, conversationId: 1, position: 1 });
messageSchema.index({ tenantId: 1, forward: 1 }, { partialFilterExpression: { forward: 'due' } });

let made = 0;

async function messages(count: number): Promise<mongoose.Model<Message>> {
  made += 1;
  const model = db.connection.model<Message>(`Message${made}`, messageSchema);
  await model.createIndexes();
  await model.insertMany(
    Array.from({ length: count }, (_item, at) => ({
      _id: `m${String(at).padStart(4, '0')}`,
      tenantId: at % 5 === 4 ? 'other' : 't',
      conversationId: `c${at % 2}`,
      position: Math.floor(at / 6),
      status: 'accepted',
      rank: 1,
      ...(at % 10 === 0 && { forward: 'due' }),
      content: Buffer.from([at % 256, 1, 2]),
      at: new Date(Date.UTC(2026, 0, 1 + (at % 3), 12)),
    })),
  );
  return model;
}

describe('Mongoose models', () => {
  it('store and read lean documents with bytes and dates', async () => {
    const model = await messages(3);
    const found = await model.findOne({ tenantId: 't', _id: 'm0002' }).lean();
    expect(found).toMatchObject({ conversationId: 'c0', position: 0, at: new Date('2026-01-03T12:00:00Z') });
    expect(Buffer.from((found?.content as unknown as mongoose.mongo.Binary).value())).toEqual(
      Buffer.from([2, 1, 2]),
    );
  });

  it('page through a conversation by key, backwards, without gaps or repetitions', async () => {
    const model = await messages(120);
    const scope = { tenantId: 't', conversationId: 'c1' };
    const all = (await model.find(scope).sort({ position: -1, _id: -1 }).batchSize(200).lean()).map(
      ({ _id }) => _id,
    );
    const paged: string[] = [];
    for (let last: Message | undefined; ;) {
      const before = last && {
        $or: [{ position: { $lt: last.position } }, { position: last.position, _id: { $lt: last._id } }],
      };
      const page = await model
        .find({ ...scope, ...before })
        .sort({ position: -1, _id: -1 })
        .limit(7)
        .lean();
      paged.push(...page.map(({ _id }) => _id));
      last = page.at(-1);
      if (page.length < 7) break;
    }
    expect(paged).toEqual(all);
    expect(all).toHaveLength(48);
  });

  it('let a status climb only', async () => {
    const model = await messages(1);
    const climb = (rank: number, status: string): Promise<mongoose.UpdateResult> =>
      model
        .updateOne({ tenantId: 't', _id: 'm0000', rank: { $lt: rank } }, { $set: { rank, status } })
        .exec();
    expect((await climb(3, 'delivered')).modifiedCount).toBe(1);
    expect((await climb(2, 'sent')).modifiedCount).toBe(0);
    expect(await model.findById('m0000').lean()).toMatchObject({ status: 'delivered', rank: 3 });
  });

  it('find what is due and mark it done', async () => {
    const model = await messages(50);
    const due = await model.find({ tenantId: 't', forward: 'due' }).lean();
    expect(due.map(({ _id }) => _id).sort()).toEqual(['m0000', 'm0010', 'm0020', 'm0030', 'm0040']);
    await model.updateMany(
      { tenantId: 't', _id: { $in: due.map(({ _id }) => _id) } },
      { $unset: { forward: 1 } },
    );
    expect(await model.countDocuments({ tenantId: 't', forward: 'due' })).toBe(0);
  });

  it('look up a thousand ids at once', async () => {
    const model = await messages(300);
    const wanted = Array.from({ length: 1_000 }, (_item, at) => `m${String(at).padStart(4, '0')}`);
    const found = await model.find({ tenantId: 't', _id: { $in: wanted } }, { _id: 1 }).lean();
    expect(found).toHaveLength(240);
  });

  it('write in bulk and tell the duplicates', async () => {
    const model = await messages(2);
    const insert = (at: number): mongoose.AnyBulkWriteOperation<Message> => ({
      insertOne: {
        document: {
          _id: `m000${at}`,
          tenantId: 't',
          conversationId: 'c',
          position: 1,
          status: 's',
          rank: 1,
          at: new Date(0),
        },
      },
    });
    const failure: unknown = await model
      .bulkWrite([0, 1, 2, 3].map(insert), { ordered: false })
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 11000, result: { insertedCount: 2 } });
    expect(await model.estimatedDocumentCount()).toBe(4);
  });

  it('save documents with changes in nested fields', async () => {
    const model = await messages(1);
    const document = await model.findById('m0000').orFail();
    document.set({ error: { code: 131_047, title: 'window' }, forward: undefined });
    await document.save();
    const stored = await model.findById('m0000').lean();
    expect(stored).toMatchObject({ error: { code: 131_047, title: 'window' } });
    expect(stored).not.toHaveProperty('forward');
    expect(await codeOf(model.create({ _id: 'm0000', tenantId: 't', conversationId: 'c' }))).toBe(11000);
  });

  it('group by day of a zone', async () => {
    const model = await messages(30);
    const day = { $dateToString: { date: '$at', format: '%Y-%m-%d', timezone: 'Asia/Jerusalem' } };
    const result = await model.aggregate<unknown>([
      { $match: { tenantId: 't', at: { $gte: new Date('2026-01-02T00:00:00Z') } } },
      { $group: { _id: { day, conversation: '$conversationId' }, count: { $sum: 1 } } },
      { $sort: { '_id.day': 1, '_id.conversation': 1 } },
    ]);
    expect(result).toEqual([
      { _id: { day: '2026-01-02', conversation: 'c0' }, count: 4 },
      { _id: { day: '2026-01-02', conversation: 'c1' }, count: 4 },
      { _id: { day: '2026-01-03', conversation: 'c0' }, count: 4 },
      { _id: { day: '2026-01-03', conversation: 'c1' }, count: 4 },
    ]);
  });

  it('upsert with values for a new document only', async () => {
    const model = await messages(0);
    const upsert = async (): Promise<Message | null> =>
      model
        .findOneAndUpdate(
          { tenantId: 't', _id: 'new' },
          { $setOnInsert: { conversationId: 'c', rank: 1 }, $max: { position: 5 } },
          { upsert: true, returnDocument: 'after' },
        )
        .lean();
    expect(await upsert()).toMatchObject({
      _id: 'new',
      tenantId: 't',
      conversationId: 'c',
      rank: 1,
      position: 5,
    });
    await Promise.all([upsert(), upsert(), upsert()]);
    expect(await model.countDocuments({ tenantId: 't' })).toBe(1);
  });
});
