/** Bodies of the REST interface are read strictly. */
import { describe, expect, it } from '@jest/globals';

import { strictJson } from '../../src/http/json-body.ts';
import { Reject } from '../../src/ops/errors.ts';

const read = (text: string) => strictJson(Buffer.from(text));
const refusal = (text: string): unknown => {
  try {
    return read(text);
  } catch (error) {
    if (!(error instanceof Reject)) throw error;
    return [error.status, error.problem, error.errors?.[0]?.path];
  }
};

describe('T-WH: JSON of a caller', () => {
  it.each([
    '{"a":[1,{"b":"c"}],"d":{"b":null}}',
    '[]',
    '"a{\\"b\\":1"',
    '3',
    '{"a":"{\\"a\\":1}","b":"\\\\"}',
  ])('reads %s as any parser does', (text) => {
    expect(read(text)).toEqual(JSON.parse(text));
  });

  it.each([
    ['{"a":1,"a":2}', 'a'],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['[0,{"x":{"to":1,"b":[1,2],"to":2}}]', '1.x.to'],
  ])('duplicate keys: %s is refused', (text, name) => {
    expect(refusal(text)).toEqual([422, 'invalid-request', name]);
  });

  it.each([
    '{"__proto__":{"polluted":1}}',
    '{"\\u005f_proto__":{"polluted":1}}',
    '{"a":{"constructor":{"prototype":{"polluted":1}}}}',
    '{"a":[{"prototype":{"polluted":1}}]}',
  ])('prototype pollution: %s is refused', (text) => {
    expect(refusal(text)).toEqual([422, 'invalid-request', expect.any(String)]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it.each([
    ['{"a":{"$ne":null}}', 'a'],
    ['{"a":[1,{"b":{"$gt":""}}]}', 'a.1.b'],
    ['{"$where":"sleep(1000)"}', '$where'],
  ])('operator objects: %s is refused', (text, path) => {
    expect(refusal(text)).toEqual([422, 'invalid-request', path]);
  });

  it.each(['', '{', '{"a":NaN}', '{"a":Infinity}', "{'a':1}", '{"a":1}x', '{"a":01}'])(
    '%j is no JSON',
    (text) => {
      expect(refusal(text)).toEqual([400, 'malformed-json', undefined]);
    },
  );

  it('invalid UTF-8 is no JSON; a byte order mark may stand before it', () => {
    expect(() => strictJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow('not valid JSON');
    expect(read('\ufeff{"a":1}')).toEqual({ a: 1 });
  });

  it('JSON bombs: nesting of 100,000 levels is refused without recursion', () => {
    expect(refusal('['.repeat(100_000) + ']'.repeat(100_000))).toEqual([422, 'invalid-request', '']);
    expect(refusal('{"a":'.repeat(65) + '1' + '}'.repeat(65))).toEqual([422, 'invalid-request', '']);
    expect(read('['.repeat(64) + ']'.repeat(64))).toHaveLength(1);
  });

  it('JSON bombs: 50,000 names and an escape-filled string are read', () => {
    const many = `{${Array.from({ length: 50_000 }, (_none, at) => `"n${at}":0`).join(',')}}`;
    expect(Object.keys(read(many) as object)).toHaveLength(50_000);
    expect(read(`["${'\\"'.repeat(400_000)}"]`)).toEqual(['"'.repeat(400_000)]);
  });
});
