import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { Cursors } from '../../../embedded/mongo/query/cursors.ts';
import { PAUSE } from '../../../embedded/mongo/query/run.ts';
import { FieldNames, parseFields } from '../../../embedded/mongo/values/fields.ts';
import { RawDocuments, writeParts } from '../../../embedded/mongo/values/raw.ts';
import { type Document, parseDocument, writeDocument } from '../../../embedded/mongo/values/values.ts';
import { encodeReply, parseRequest } from '../../../embedded/mongo/wire.ts';
import { values } from './arbitrary.ts';
import { ask, useCollections } from './collections.ts';

const collections = useCollections();

/** Names that begin with one another, are longer in UTF-8, or belong to every JavaScript object. */
const name = fc.constantFrom('a', 'ab', 'abc', 'ä', '7', 'constructor', 'toString', '_id');
const documents: fc.Arbitrary<Document> = fc.dictionary(name, values, { maxKeys: 6 });
const bytesOf = (document: object): Buffer => Buffer.from(writeDocument(document));

describe('some fields of a document', () => {
  it('are what the whole document has under their names, in its order', () => {
    fc.assert(
      fc.property(documents, fc.array(name, { maxLength: 4 }), (document, wanted: string[]) => {
        const bytes = bytesOf(document);
        const whole = Object.entries(parseDocument(bytes)).filter(([field]) => wanted.includes(field));
        expect(Object.entries(parseFields(bytes, new FieldNames(wanted)))).toEqual(whole);
      }),
      { numRuns: 1_000 },
    );
  });

  it('are found behind values of every type that BSON has', () => {
    const element = (type: number, ...value: number[]): number[] => [type, 0x78, 0, ...value];
    const text = [2, 0, 0, 0, 0x79, 0];
    const empty = [5, 0, 0, 0, 0];
    const values: number[][] = [
      element(0x01, ...Array<number>(8).fill(1)),
      element(0x02, ...text),
      element(0x03, ...empty),
      element(0x04, ...empty),
      element(0x05, 1, 0, 0, 0, 0, 9),
      element(0x06),
      element(0x07, ...Array<number>(12).fill(1)),
      element(0x08, 1),
      element(0x09, 1, 2, 3, 4, 0, 0, 0, 0),
      element(0x0a),
      element(0x0b, 0x79, 0, 0x69, 0),
      element(0x0c, ...text, ...Array<number>(12).fill(1)),
      element(0x0d, ...text),
      element(0x0e, ...text),
      element(0x0f, 15, 0, 0, 0, ...text, ...empty),
      element(0x10, 1, 0, 0, 0),
      element(0x11, ...Array<number>(8).fill(1)),
      element(0x12, ...Array<number>(8).fill(1)),
      element(0x13, ...Array<number>(16).fill(1)),
      element(0x7f),
      element(0xff),
    ];
    for (const value of values) {
      const inner = Buffer.from([...value, 0x08, 0x7a, 0, 1, 0]);
      const bytes = Buffer.alloc(4 + inner.length);
      bytes.writeInt32LE(bytes.length, 0);
      inner.copy(bytes, 4);
      expect(parseFields(bytes, new FieldNames(['z']))).toEqual({ z: true });
      const { x } = parseDocument(bytes);
      expect(parseFields(bytes, new FieldNames(['x', 'z']))).toEqual({ x, z: true });
    }
  });
});

describe('raw documents', () => {
  it('make the same bytes as documents that are written', () => {
    fc.assert(
      fc.property(fc.array(documents, { maxLength: 12 }), values, (list, value) => {
        const raw = new RawDocuments(list.map((document) => bytesOf(document)));
        const parts = writeParts({ cursor: { firstBatch: raw, value, ns: 'ä' }, value, ok: 1 });
        const written = writeDocument({ cursor: { firstBatch: list, value, ns: 'ä' }, value, ok: 1 });
        expect(Buffer.concat(parts)).toEqual(Buffer.from(written));
      }),
      { numRuns: 300 },
    );
  });

  it('come to the client as they were stored', () => {
    const documents = [{ b: 1, a: { z: null, y: [[]] } }, {}];
    const request = { id: 1, legacy: false, silent: false, command: {} };
    const reply = encodeReply(request, { cursor: { firstBatch: new RawDocuments(documents.map(bytesOf)) } });
    const { command } = parseRequest(reply);
    expect(bytesOf(command)).toEqual(bytesOf({ cursor: { firstBatch: documents } }));
  });

  it('fill batches by number and by size, and pauses are no documents', async () => {
    const cursors = new Cursors(Date.now);
    const rows = Array.from({ length: 5 }, (_item, at) => bytesOf({ at }));
    const results = [PAUSE, rows[0], rows[1], PAUSE, rows[2], rows[3], rows[4], PAUSE] as const;
    const first = await cursors.start('db.c', results as Iterable<Buffer | typeof PAUSE>, 2);
    expect(first.documents).toEqual(rows.slice(0, 2));
    const second = await cursors.next(first.id, 'db.c', 3);
    expect(second).toEqual({ id: expect.objectContaining({ low: 0, high: 0 }), documents: rows.slice(2) });

    const large = bytesOf({ text: 'x'.repeat(9_000_000) });
    const third = await cursors.start('db.c', [large, large], undefined);
    expect(third.documents).toHaveLength(1);
    expect((await cursors.next(third.id, 'db.c', undefined)).documents).toHaveLength(1);
  });
});

describe('_ids that a filter names', () => {
  it('are read in their order, each once, and tested by the rest of the filter', async () => {
    const rows = ['b', 'a', 'c', 'd'].map((_id, at) => ({ _id, at }));
    const collection = await collections.make(rows, [{ key: { at: 1 }, name: 'at' }]);
    const $in = ['d', 'a', 'gone', 'x'.repeat(5_000), 'a', 'c', null, 7];
    const filter = { _id: { $in }, at: { $lt: 3 } };
    const ids = (asked: object): unknown[] => ask(collection, asked).found.map(({ _id }) => _id);
    expect(ids({ filter })).toEqual(['a', 'c']);
    expect(ask(collection, { filter }).costs).toEqual({ keys: 3, documents: 3 });
    expect(ids({ filter, sort: { _id: -1 } })).toEqual(['c', 'a']);
    expect(ids({ filter, sort: { _id: -1 }, limit: 1 })).toEqual(['c']);
    expect(ids({ filter, sort: { at: -1 } })).toEqual(['c', 'a']);
    expect(ids({ filter, hint: 'at' })).toEqual(['a', 'c']);
    expect(ids({ filter: { $and: [{ _id: { $in: ['a', 'b'] } }, { _id: 'b' }] } })).toEqual(['b']);
    expect(ids({ filter: { $or: [{ _id: 'd' }, { _id: 'a' }] } }).sort()).toEqual(['a', 'd']);
    expect(ids({ filter: { _id: { $in: [] } } })).toEqual([]);
    expect(ids({ filter: { _id: { $gt: 'b', $in: ['a', 'd'] } } })).toEqual(['d']);
  });
});
