/** What makes two names the same name. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { nameKey } from '../../src/accounts/names.ts';

/** Ways in which somebody may write a name so that it looks the same. */
const DISGUISES: ((text: string) => string)[] = [
  (text) => text.toUpperCase(),
  (text) => text.toLowerCase(),
  (text) => text.normalize('NFD'),
  (text) => text.normalize('NFC'),
  (text) => ` ${text}\u00A0`,
  (text) => [...text].join('\u200B'),
  (text) => `${text}\u2003\u3000`,
  (text) => text.replace(/[!-~]/g, (sign) => String.fromCodePoint(sign.codePointAt(0)! + 0xfee0)),
];

describe('row 19: names are unique by case, Unicode form and look-alike spacing', () => {
  it('row 19: a name stays the same however it is disguised', () => {
    // Marks that begin a text join what stands before them, so names here begin with a letter.
    const name = fc.stringMatching(/^[a-zA-ZéñüßאבגдчλΣ][a-zA-Z0-9éñüßאבגдчλΣ._-]{0,20}$/u);
    fc.assert(
      fc.property(
        name,
        fc.constantFrom('username' as const, 'email' as const),
        fc.nat(),
        (text, kind, way) => {
          const disguised = DISGUISES[way % DISGUISES.length]!(text);
          expect(nameKey(kind, disguised)).toBe(nameKey(kind, text));
        },
      ),
    );
  });

  it('row 19: the key of a key is the key, for any text at all', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const kind of ['username', 'email'] as const) {
          expect(nameKey(kind, nameKey(kind, text))).toBe(nameKey(kind, text));
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['dana', 'Dana'],
    ['dana', 'dаnа'], // Cyrillic а
    ['PETER', 'РЕТЕR'], // Cyrillic РЕТЕ
    ['oleg', 'οleg'], // Greek omicron
    ['straße', 'STRASSE'],
    ['σίσυφος', 'ΣΊΣΥΦΟΣ'],
    ['ﬁona', 'fiona'],
    ['da na', 'dana'],
    ['dana', 'da\u00ADna'],
    ['dana', 'da\u2060na'],
  ])('row 19: user name %s is %s', (one, other) => {
    expect(nameKey('username', other)).toBe(nameKey('username', one));
  });

  it.each([
    ['דנה', 'דינה'],
    ['user1', 'userl'],
    ['dana0', 'danao'],
    ['жанна', 'шанна'],
    ['dana', 'dina'],
  ])('row 19: %s and %s are two names', (one, other) => {
    expect(nameKey('username', other)).not.toBe(nameKey('username', one));
  });

  it('row 19: an e-mail address is folded on both sides of the @', () => {
    expect(nameKey('email', ' Dana.Levi@BUSINESS.Example ')).toBe('dana.levi@business.example');
  });
});
