/**
 * Every text field of every route is sent what is no text, and every object a field that is not its own. The cases are
 * made from the schemas of the table of routes, so a new route is tried without a line here.
 */
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';

import { routes } from '../../src/http/routes.ts';
import { checked, checkedQuery } from '../../src/http/validate.ts';
import { Reject } from '../../src/ops/errors.ts';
import { browserResponse } from '../../src/sign-in/public-routes.ts';

interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  const?: unknown;
  enum?: unknown[];
  minimum?: number;
}
type Path = (string | number)[];

/** A value of a schema, whole, and where in it texts and objects stand. */
interface Sample {
  value: unknown;
  texts: Path[];
  objects: Path[];
}

const HOSTILE: unknown[] = [{ $ne: null }, { $gt: '' }, { $where: 'sleep(1)' }, ['x'], [], 7, true, {}];
/** What decides over others and is never the caller's to say. */
const FOREIGN = ['role', 'tenantId', 'accountNumber', 'verified', '_id', 'createdAt'];

/** One sample for each alternative that the schema has anywhere. */
function samplesOf(schema: Schema, depth = 0): Sample[] {
  if (depth > 12) return [];
  const alternatives = schema.oneOf ?? schema.anyOf;
  // A value that may be a text or something else is no text field.
  if (alternatives && new Set(alternatives.map(({ type }) => type)).size === 1) {
    return alternatives.flatMap((one) => samplesOf(one, depth + 1));
  }
  if (alternatives) return [{ value: 'x', texts: [], objects: [] }];
  if (schema.type === 'object') return samplesOfObject(schema, depth);
  if (schema.type === 'array') {
    return samplesOf(schema.items ?? {}, depth + 1).map((inner) => within(0, inner, [inner.value]));
  }
  if (schema.type === 'string') {
    return [{ value: schema.const ?? schema.enum?.[0] ?? 'x', texts: [[]], objects: [] }];
  }
  const value = schema.const ?? (schema.type === 'boolean' ? true : (schema.minimum ?? 1));
  return [{ value, texts: [], objects: [] }];
}

function samplesOfObject({ properties = {} }: Schema, depth: number): Sample[] {
  const all = Object.entries(properties).map(([name, inner]) => [name, samplesOf(inner, depth + 1)] as const);
  const usual = Object.fromEntries(all.flatMap(([name, [first]]) => (first ? [[name, first.value]] : [])));
  const objects = Object.keys(properties).length > 0 ? [[]] : [];
  const found = all.flatMap(([name, inner]) =>
    inner.map((sample) => within(name, sample, { ...usual, [name]: sample.value })),
  );
  return [{ value: usual, texts: [], objects }, ...found];
}

function within(at: string | number, { texts, objects }: Sample, value: unknown): Sample {
  const deeper = (paths: Path[]) => paths.map((path) => [at, ...path]);
  return { value, texts: deeper(texts), objects: deeper(objects) };
}

/** The value with another one at a place. */
function changed(value: unknown, [at, ...rest]: Path, other: unknown): unknown {
  if (at === undefined) return other;
  if (Array.isArray(value)) {
    return (value as unknown[]).map((one, index) => (index === at ? changed(one, rest, other) : one));
  }
  return { ...(value as object), [at]: changed((value as Record<string, unknown>)[at], rest, other) };
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce((inner: unknown, at) => (inner as Record<string, unknown>)[at], value);
}

/** Where a body is refused; undefined when it is taken. */
function refusedAt(schema: z.ZodType, body: unknown): string[] | undefined {
  try {
    checked(schema, body, 'body');
    return undefined;
  } catch (error) {
    if (!(error instanceof Reject)) throw error;
    expect([error.status, error.problem]).toEqual([422, 'invalid-request']);
    return error.errors?.map(({ path }) => path) ?? [];
  }
}

const withBody = routes.flatMap(({ method, path, body }) =>
  body ? [[`${method} ${path}`, body] as const] : [],
);
const withQuery = routes.flatMap(({ method, path, query }) =>
  query ? [[`${method} ${path}`, query] as const] : [],
);
let cases = 0;

describe('T-WH: operator objects', () => {
  it.each(withBody)(
    '%s: every text field refuses objects, lists, numbers and booleans (422)',
    (_name, body) => {
      const json = z.toJSONSchema(body, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as Schema;
      const seen = new Set<string>();
      for (const { value, texts } of samplesOf(json)) {
        for (const path of texts) {
          const key = JSON.stringify([path, valueAt(value, path), (value as { type?: unknown }).type]);
          if (seen.has(key)) continue;
          seen.add(key);
          for (const hostile of HOSTILE) {
            const refused = refusedAt(body, changed(value, path, hostile));
            expect({ path: path.join('.'), hostile, refused }).toMatchObject({ refused: expect.any(Array) });
            cases += 1;
          }
        }
      }
    },
  );

  it.each(withQuery)('%s: every parameter of the query is one text (422)', (_name, query) => {
    for (const name of Object.keys(query.shape)) {
      for (const value of [['x', 'y'], { $ne: '' }, []]) {
        expect(() => checkedQuery(query, { [name]: value })).toThrow('The query is not as it should be');
        cases += 1;
      }
    }
  });

  it('were tried in great number', () => {
    expect(cases).toBeGreaterThan(1_000);
  });
});

/** What a browser makes, and adds to from time to time: fields that are not known are dropped there, nowhere else. */
const DROPPED_IN = [
  'post /v1/sign-in/second-factor passkey',
  'post /v1/sign-in/second-factor passkey.response',
  'post /v1/sign-in/passkey/finish response',
  'post /v1/sign-in/passkey/finish response.response',
  'post /v1/factors/passkey/finish response',
  'post /v1/factors/passkey/finish response.response',
];

describe('T-AZ: mass assignment', () => {
  it.each(withBody)('%s: no object takes a field that is not its own', (name, body) => {
    const json = z.toJSONSchema(body, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as Schema;
    for (const { value, objects } of samplesOf(json)) {
      for (const path of objects.filter((at) => !DROPPED_IN.includes(`${name} ${at.join('.')}`))) {
        const own = valueAt(value, path) as object;
        const foreign = FOREIGN.filter((name) => !(name in own));
        const sent = changed(value, path, {
          ...own,
          ...Object.fromEntries(foreign.map((name) => [name, 'x'])),
        });
        const refused = refusedAt(body, sent);
        const [foreignField = ''] = foreign;
        expect({ refused, value }).toMatchObject({
          refused: expect.arrayContaining([[...path, foreignField].join('.')]),
        });
      }
    }
  });

  it('what a browser adds to its passkeys is dropped', () => {
    const own = { id: 'x', rawId: 'x', type: 'public-key', response: { clientDataJSON: 'x' } };
    const more = { ...own, role: 'owner', response: { ...own.response, verified: true } };
    expect(browserResponse.parse(more)).toEqual(own);
  });

  it.each(withBody)('%s: what a body may hold leaves every prototype alone', (_name, body) => {
    for (const text of ['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}']) {
      expect(refusedAt(body, JSON.parse(text))).toBeDefined();
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});
