/** T-RE: no pattern of ours, and no word of a tenant or client, takes longer than linear time. */
import { describe, expect, it } from '@jest/globals';
import { Linter } from 'eslint';
import { z } from 'zod';

import { splitLinks } from '../../console/thread/links.ts';
import { marketingWordOf } from '../../src/conversations/marketing.ts';
import { csvLine } from '../../src/http/csv.ts';
import { strictJson } from '../../src/http/json-body.ts';
import { routes } from '../../src/http/routes.ts';

/** Plain JavaScript without types, so by a name that the compiler does not follow. */
const CONFIG: string = '../../eslint.config.js';
const { default: config } = (await import(CONFIG)) as { default: Linter.Config[] };

/** The rules of `npm run check` about patterns, on one line of code. */
function findings(code: string): string[] {
  const block = config.find(({ plugins }) => plugins !== undefined && 'regexp' in plugins);
  expect(block?.rules).toBeDefined();
  const { plugins = {}, rules = {} } = block ?? {};
  return new Linter().verify(code, [{ plugins, rules }]).map(({ ruleId }) => ruleId ?? '');
}

/** A generous ceiling for a slow machine: what is not linear takes minutes or years with these. */
const CEILING_MS = 2_000;
const SIZE = 64 * 1024;

const HOSTILE = [
  'a',
  ')',
  'http://',
  'https://a)',
  '+972',
  '{{',
  '{{1',
  ' ',
  '=',
  '\\',
  '@',
  'a@',
  '-',
  '״',
  '\u202e',
].map((unit) => `${unit.repeat(SIZE / unit.length)}!`);

const READERS: Record<string, (text: string) => unknown> = {
  'links in messages': splitLinks,
  'opt-out words': (text) => marketingWordOf({ text: { body: text } }),
  'button answers': (text) => marketingWordOf({ button: { text, payload: text } }),
  'cells of exports': (text) => csvLine([text]),
  'bodies of requests': (text) => strictJson(Buffer.from(JSON.stringify([text]))),
};

describe('T-RE: static checker', () => {
  it.each([
    '/(a+)+$/.test(x)',
    '/^(\\w+\\s?)*$/.test(x)',
    '/(a|a)*b/.test(x)',
    '/x.*y.*$/.exec(z)',
    "y.replace(/\\/+$/, '')",
  ])('finds %s', (code) => {
    expect(findings(code)).not.toEqual([]);
  });

  it.each(['/^a+$/.test(x)', "y.replace(/(?<!\\/)\\/+$/, '')", '/^[\\w.-]{1,100}$/.test(x)'])(
    'passes %s',
    (code) => {
      expect(findings(code)).toEqual([]);
    },
  );
});

describe('what clients and tenants write', () => {
  it('T-RE: validation at save: no field of any body is a pattern, so there is none to refuse', () => {
    const named = routes.flatMap(({ body, query }) =>
      [body, query].flatMap((schema) =>
        schema ? [JSON.stringify(z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }))] : [],
      ),
    );
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter((schema) => /"\w*(?:regex|regexp|glob|wildcard)\w*":/i.test(schema))).toEqual([]);
  });

  it('T-RE: keyword rules match literally: (a+)+$ on 4 KB is a word like any other, and no pattern', () => {
    const started = performance.now();
    expect(marketingWordOf({ text: { body: `${'a'.repeat(4_096)}!` } })).toBeUndefined();
    expect(marketingWordOf({ text: { body: '(a+)+$' } })).toBeUndefined();
    expect(marketingWordOf({ text: { body: '.*' } })).toBeUndefined();
    expect(marketingWordOf({ text: { body: '*stop!*' } })).toEqual({ stopped: true, cause: 'word' });
    expect(performance.now() - started).toBeLessThan(CEILING_MS);
  });

  it.each(Object.entries(READERS))('T-RE: linear time: %s: 64 KB of hostile text', (_name, read) => {
    for (const text of HOSTILE) {
      const started = performance.now();
      read(text);
      expect(performance.now() - started).toBeLessThan(CEILING_MS);
    }
  });
});
