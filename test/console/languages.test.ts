import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';

import { describe, expect, it } from '@jest/globals';

import { FINDINGS_HE, POINTS_HE } from '../../console/i18n/check-he.ts';
import { en } from '../../console/i18n/en.ts';
import { he } from '../../console/i18n/he.ts';
import { chooseLanguage } from '../../console/i18n/languages.ts';
import { KINDS_IN_HEBREW, problemInHebrew } from '../../console/i18n/problems-he.ts';
import { CONTENT_KINDS } from '../../console/thread/content.ts';
import { CHECK_FINDINGS, CHECK_POINTS } from '../../src/onboarding/check-words.ts';

/** `inbox.search` → text, for every text of a language. */
function texts(tree: object, path = ''): Map<string, string> {
  const entries = Object.entries(tree).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null
      ? [...texts(value, `${path}${name}.`)]
      : [[`${path}${name}`, String(value)] as const],
  );
  return new Map(entries);
}

const placeholders = (text: string): string[] => (text.match(/\{\{\w+\}\}/g) ?? []).toSorted();

describe('the languages of the console', () => {
  const english = texts(en);
  const hebrew = texts(he);

  it('have the same keys', () => {
    expect([...hebrew.keys()].toSorted()).toEqual([...english.keys()].toSorted());
  });

  it.each(['English', 'Hebrew'])('have no empty text: %s', (language) => {
    const all = language === 'English' ? english : hebrew;
    expect([...all].filter(([, text]) => text.trim() === '')).toEqual([]);
  });

  it('have Hebrew letters in every Hebrew text but the names of other languages', () => {
    const foreign = [...hebrew].filter(([, text]) => !/[\u05D0-\u05EA]/.test(text)).map(([key]) => key);
    expect(foreign).toEqual(['language.other']);
  });

  it('fill in nothing that the English text does not (a count may be written out)', () => {
    for (const [key, text] of hebrew) {
      const expected = placeholders(english.get(key) ?? '');
      const found = placeholders(text);
      const written = /_(one|two)$/.test(key) ? expected.filter((name) => name !== '{{count}}') : expected;
      expect([expected, written]).toContainEqual(found);
    }
  });

  it('have every plural that Hebrew and English count with', () => {
    const plural = [...english.keys()].filter((key) => key.endsWith('_other')).map((key) => key.slice(0, -6));
    const categories = new Set(
      ['en', 'he'].flatMap((tag) =>
        [0, 1, 2, 3, 10, 20, 100].map((count) => new Intl.PluralRules(tag).select(count)),
      ),
    );
    const missing = plural.flatMap((key) =>
      [...categories].filter((category) => !english.has(`${key}_${category}`)),
    );
    expect(plural.length).toBeGreaterThan(0);
    expect(missing).toEqual([]);
  });

  it('have a word for every kind of content', () => {
    expect(Object.keys(en.kinds).toSorted()).toEqual([...CONTENT_KINDS].toSorted());
  });
});

describe('the findings of a check', () => {
  const english = texts(CHECK_FINDINGS);

  it('have Hebrew words with the same values, wherever the server has English ones', () => {
    const codes = Object.entries(CHECK_FINDINGS).flatMap(([point, findings]) =>
      Object.keys(findings).map((finding) => `${point}.${finding}`),
    );
    expect(Object.keys(FINDINGS_HE).toSorted()).toEqual(codes.toSorted());
    expect(Object.keys(POINTS_HE).toSorted()).toEqual(Object.keys(CHECK_POINTS).toSorted());
    for (const code of codes) {
      const [means = '', todo = ''] = FINDINGS_HE[code] ?? [];
      expect([code, placeholders(means)]).toEqual([code, placeholders(english.get(`${code}.means`) ?? '')]);
      expect([code, placeholders(todo)]).toEqual([code, placeholders(english.get(`${code}.todo`) ?? '')]);
      expect(means).toMatch(/[\u05D0-\u05EA]/);
    }
  });
});

describe('chooseLanguage', () => {
  it.each([
    ['he', ['en-US'], 'he'],
    [null, ['he-IL', 'en'], 'he'],
    [null, ['iw'], 'he'],
    [null, ['fr-FR', 'he', 'en'], 'he'],
    [null, ['fr-FR'], 'en'],
    ['klingon', [], 'en'],
  ] as const)('remembered %s, browser %j: %s', (remembered, browser, expected) => {
    expect(chooseLanguage(remembered, browser)).toBe(expected);
  });
});

describe('problems', () => {
  const source = new URL('../../src/', import.meta.url);
  const documented = readFileSync(new URL('../../docs/problems.md', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => ({
      kinds: [...(line.split('|')[1] ?? '').matchAll(/`([a-z-]+)`/g)].map(([, kind = '']) => kind),
      ofCommand: line.includes("operator's command"),
    }));

  it('that the product says are all in the documentation', async () => {
    const files = (await readdir(source, { recursive: true })).filter((name) => name.endsWith('.ts'));
    const texts = await Promise.all(files.map((name) => readFile(new URL(name, source), 'utf8')));
    const said = texts.flatMap((text) =>
      [...text.matchAll(/new Reject\(\s*\d+,\s*'([a-z-]+)'/g)].map(([, kind = '']) => kind),
    );
    expect(new Set(said).size).toBeGreaterThan(40);
    const known = new Set(documented.flatMap(({ kinds }) => kinds));
    expect([...new Set(said)].filter((kind) => !known.has(kind))).toEqual([]);
  });

  it('that a person may meet have Hebrew words in the console', () => {
    const met = documented.filter(({ ofCommand }) => !ofCommand).flatMap(({ kinds }) => kinds);
    const inHebrew = [...KINDS_IN_HEBREW, 'wait']; // for that one both languages have a text of the console's own
    expect(met.filter((kind) => !inHebrew.includes(kind))).toEqual([]);
    for (const kind of KINDS_IN_HEBREW) {
      const words = problemInHebrew({ kind, detail: '', retryAfterMs: 2_000 });
      expect(words).toMatch(/[\u05D0-\u05EA]/);
      expect(words).not.toContain('{{');
    }
  });
});
