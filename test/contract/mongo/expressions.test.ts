import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';

import { type Row, useDatabase } from './database.ts';

const db = useDatabase();
const NOON = new Date('2026-03-28T10:05:06.007Z');

/** Each case: an expression over one document and its value; `undefined` means that no field comes out. */
const CASES: [expression: unknown, value: unknown][] = [
  ['$a', 5],
  ['$none', undefined],
  ['$doc.x', 1],
  ['$docs.x', [1, 2]],
  [{ $literal: '$a' }, '$a'],
  [
    { x: '$a', y: '$none', z: 'text' },
    { x: 5, z: 'text' },
  ],
  [
    ['$a', '$none'],
    [5, null],
  ],
  [{ $add: ['$a', 1.5] }, 6.5],
  [{ $add: ['$at', 1_000] }, new Date('2026-03-28T10:05:07.007Z')],
  [{ $add: ['$a', null] }, null],
  [{ $subtract: ['$at', new Date('2026-03-28T10:05:06Z')] }, 7],
  [{ $multiply: ['$a', '$a'] }, 25],
  [{ $divide: ['$a', 2] }, 2.5],
  [{ $mod: ['$a', 3] }, 2],
  [{ $abs: -3 }, 3],
  [{ $floor: 2.7 }, 2],
  [{ $ceil: 2.1 }, 3],
  [{ $eq: ['$a', 5.0] }, true],
  [{ $eq: ['$id', '$id'] }, true],
  [{ $ne: ['$none', null] }, true],
  [{ $gt: ['$text', 'abc'] }, true],
  [{ $gt: ['$text', 5] }, true],
  [{ $lt: ['$none', '$a'] }, true],
  [{ $gte: ['$at', '$at'] }, true],
  [{ $lte: ['$at', new Date(0)] }, false],
  [{ $cmp: ['$a', 7] }, -1],
  [{ $eq: ['$doc', { x: 1, y: 2 }] }, true],
  [{ $eq: ['$doc', { y: 2, x: 1 }] }, false],
  [{ $and: [true, 1, '$text'] }, true],
  [{ $and: [true, 0] }, false],
  [{ $or: [false, null, 0] }, false],
  [{ $not: ['$none'] }, true],
  [{ $cond: [{ $gt: ['$a', 3] }, 'more', 'less'] }, 'more'],
  [{ $cond: { if: '$none', then: 1, else: 2 } }, 2],
  [{ $ifNull: ['$none', '$nothing', 'x'] }, 'x'],
  [
    {
      $switch: {
        branches: [
          { case: { $lt: ['$a', 3] }, then: 'low' },
          { case: { $lt: ['$a', 9] }, then: 'mid' },
        ],
        default: 'high',
      },
    },
    'mid',
  ],
  [{ $in: ['$a', [1, 5]] }, true],
  [{ $size: '$list' }, 3],
  [{ $isArray: '$list' }, true],
  [{ $arrayElemAt: ['$list', -1] }, 1],
  [{ $arrayElemAt: ['$list', 9] }, undefined],
  [{ $slice: ['$list', 2] }, [3, 2]],
  [{ $concatArrays: ['$list', [9]] }, [3, 2, 1, 9]],
  [{ $filter: { input: '$list', as: 'n', cond: { $gte: ['$$n', 2] } } }, [3, 2]],
  [{ $map: { input: '$docs', as: 'd', in: { $multiply: ['$$d.x', 10] } } }, [10, 20]],
  [{ $reduce: { input: '$list', initialValue: 0, in: { $add: ['$$value', '$$this'] } } }, 6],
  [{ $let: { vars: { b: { $add: ['$a', 1] } }, in: { $multiply: ['$$b', 2] } } }, 12],
  [{ $min: '$list' }, 1],
  [{ $max: ['$a', 9, '$none'] }, 9],
  [{ $mergeObjects: ['$doc', { z: 3 }] }, { x: 1, y: 2, z: 3 }],
  [
    { $objectToArray: '$doc' },
    [
      { k: 'x', v: 1 },
      { k: 'y', v: 2 },
    ],
  ],
  [{ $concat: ['$text', '-', 'z'] }, 'abd-z'],
  [{ $concat: ['$text', '$none'] }, null],
  [{ $toUpper: '$text' }, 'ABD'],
  [{ $toLower: 'AB1' }, 'ab1'],
  [{ $strLenCP: 'שלום' }, 4],
  [{ $substrCP: ['$text', 1, 2] }, 'bd'],
  [{ $toString: '$a' }, '5'],
  [{ $toString: '$id' }, '111111111111111111111111'],
  [{ $toString: '$at' }, '2026-03-28T10:05:06.007Z'],
  [{ $toDate: '$id' }, new Date(0x11111111 * 1_000)],
  [{ $year: '$at' }, 2026],
  [{ $month: '$at' }, 3],
  [{ $dayOfMonth: { date: '$at', timezone: 'Pacific/Auckland' } }, 28],
  [{ $hour: { date: '$at', timezone: 'Asia/Jerusalem' } }, 13],
  [{ $hour: { date: '$at', timezone: '-05:30' } }, 4],
  [{ $minute: '$at' }, 5],
  [{ $second: '$at' }, 6],
  [{ $millisecond: '$at' }, 7],
  [{ $dayOfWeek: '$at' }, 7],
  [{ $isoDayOfWeek: '$at' }, 6],
  [{ $dayOfYear: '$at' }, 87],
  [{ $dateToString: { date: '$at' } }, '2026-03-28T10:05:06.007Z'],
  [
    { $dateToString: { date: '$at', format: '%Y-%m-%d %H:%M:%S.%L', timezone: 'Asia/Jerusalem' } },
    '2026-03-28 13:05:06.007',
  ],
  [
    { $dateToString: { date: '$at', format: '%Y-%m-%dT%H%z', timezone: 'America/New_York' } },
    '2026-03-28T06-0400',
  ],
  [{ $dateToString: { date: '$none', onNull: 'never' } }, 'never'],
  [{ $dateTrunc: { date: '$at', unit: 'hour' } }, new Date('2026-03-28T10:00:00Z')],
];

describe('expressions', () => {
  it.each(CASES)('%j is %j', async (expression, value) => {
    const rows = await db.collection([
      {
        _id: 1,
        a: 5,
        text: 'abd',
        doc: { x: 1, y: 2 },
        docs: [{ x: 1 }, { x: 2 }],
        list: [3, 2, 1],
        at: NOON,
        nothing: null,
        id: new mongoose.mongo.ObjectId('1'.repeat(24)),
      },
    ]);
    const [row] = await rows.aggregate<Row>([{ $project: { _id: 0, value: expression } }]).toArray();
    expect(row).toEqual(value === undefined ? {} : { value });
  });
});
