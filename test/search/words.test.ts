/** A word is found however it was written: Hebrew prefixes, final letters, points, case, accents. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { askedFor, formsOf, formsOfPerson, wordsOf } from '../../src/search/words.ts';

/** Written, asked: what must find it. */
const FOUND: [string, string][] = [
  ['שלום לכולם', 'שלום'],
  ['שָׁלוֹם', 'שלום'],
  ['הבית שלי', 'בית'],
  ['הבית שלי', 'הבית'],
  ['ובבית', 'בית'],
  ['והזמנה', 'הזמנה'],
  ['והזמנה', 'זמנה'],
  ['כשהגענו', 'הגענו'],
  ['מהמשרד', 'משרד'],
  ['לכלב', 'כלב'],
  ['שבבוקר', 'בוקר'],
  ['כסף', 'כספ'],
  ['הרבה כספים ומלך', 'מלכ'],
  ['צה״ל', 'צהל'],
  ['צה"ל', 'צה״ל'],
  ['Crème BRÛLÉE', 'creme brulee'],
  ['creme', 'CRÈME'],
  ["O'Neill", 'oneill'],
  ['Straße', 'strasse'],
  ['ﬁne', 'fine'],
  ['order A-1234', '1234'],
  ['Привет', 'привет'],
];
const NOT_FOUND: [string, string][] = [
  ['שלום', 'מחר'],
  ['שלום', 'לום מחר'],
  ['hello', 'hell'],
];

function finds(written: string, asked: string): boolean {
  const forms = formsOf(written);
  return askedFor(asked).every((group) => group.some((form) => forms.includes(form)));
}

describe('words of messages', () => {
  it.each(FOUND)('%s is found by %s', (written, asked) => {
    expect(finds(written, asked)).toBe(true);
  });

  it.each(NOT_FOUND)('%s is not found by %s', (written, asked) => {
    expect(finds(written, asked)).toBe(false);
  });

  it('any text is found by each of its words, and costs no more than so many', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        const words = wordsOf(text);
        for (const word of words) expect(formsOf(text)).toContain(word);
        for (const word of words) expect(wordsOf(word)).toEqual([word]);
        expect(formsOf(text).length).toBeLessThanOrEqual(4 * 150);
      }),
    );
  });
});

describe('words of people', () => {
  const forms = formsOfPerson({ names: ['נועה כהן', 'Noa_Cohen'], phone: '972501234567' });

  it.each(['נו', 'נועה', 'כהן', 'no', 'NOA', 'cohen', '@noa'])('are found by %s', (asked) => {
    expect(askedFor(asked).every((group) => group.some((form) => forms.includes(form)))).toBe(true);
  });

  it.each(['4567', '34567', '501234567', '0501234567', '+972 50-123-4567', '050-1234567'])(
    'and by the end of the number: %s',
    (asked) => {
      expect(askedFor(asked).every((group) => group.some((form) => forms.includes(form)))).toBe(true);
    },
  );

  it.each(['567', '1234', '502234567'])('not by %s', (asked) => {
    expect(askedFor(asked).every((group) => group.some((form) => forms.includes(form)))).toBe(false);
  });
});
