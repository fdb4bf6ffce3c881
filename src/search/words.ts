/**
 * Words as they are looked for. What is written and what is asked go through the same folding, so that a search finds
 * a word whatever its case, accents, vowel points and final letters; Hebrew words are also found without the letters
 * that stand before them (and, the, in, as, to, from, that).
 */

/** A message of 4,096 characters has fewer that matter; a pasted list must not cost thousands of digests. */
const MOST_WORDS = 150;
const LONGEST_WORD = 40;
const SHORTEST_WORD = 2;
/** A search names few words. */
const MOST_ASKED = 6;
/** So much of a name is found before it is written to its end. */
const LONGEST_BEGINNING = 10;
/** Digits at the end of a phone number by which it is found. */
const LEAST_DIGITS = 4;
const MOST_DIGITS = 9;

const FINAL_FORMS: Record<string, string> = { ך: 'כ', ם: 'מ', ן: 'נ', ף: 'פ', ץ: 'צ' };
/** One letter, or two, before a Hebrew word of which at least two letters are left. */
const HEBREW_PREFIXES = /^(?:[והבכלמש]|ו[הבכלמש]|ש[הבכלמ]|מה|כש|לכ|בה)(?=[א-ת]{2})/u;
const SECOND_PREFIX = /^[הבכלמש](?=[א-ת]{2})/u;
/** Marks that stand inside an abbreviation or a name: צה״ל, O'Neill. */
const INNER_MARKS = /(?<=\p{L})['’"״׳](?=\p{L})/gu;

/** A text's words, folded, each once, in order. */
export function wordsOf(text: string): string[] {
  const folded = text
    .normalize('NFKC')
    .toUpperCase() // ß is two letters
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}+/gu, '')
    .replace(INNER_MARKS, '')
    .replace(/[ךםןףץ]/gu, (letter) => FINAL_FORMS[letter] ?? letter);
  const words = folded.split(/[^\p{L}\p{N}]+/u).filter((word) => word.length >= SHORTEST_WORD);
  return [...new Set(words.map((word) => word.slice(0, LONGEST_WORD)))].slice(0, MOST_WORDS);
}

/** Everything by which a text is found: its words, and Hebrew ones without what stands before them. */
export function formsOf(text: string): string[] {
  return [...new Set(wordsOf(text).flatMap((word) => [word, ...withoutPrefixes(word)]))];
}

function withoutPrefixes(word: string): string[] {
  const pair = word.replace(HEBREW_PREFIXES, '');
  const one = word.replace(SECOND_PREFIX, '');
  const first = word.startsWith('ו') ? word.replace(/^ו(?=[א-ת]{2})/u, '') : one;
  return [...new Set([first, pair, pair.replace(SECOND_PREFIX, '')])].filter((form) => form !== word);
}

/** Everything by which a person is found: beginnings of the words of their names, and the end of their number. */
export function formsOfPerson({ names, phone }: { names: string[]; phone?: string | undefined }): string[] {
  const words = names.flatMap((name) => formsOf(name));
  return [...new Set([...words.flatMap(beginnings), ...(phone === undefined ? [] : endings(phone))])];
}

function beginnings(word: string): string[] {
  const letters = Array.from(word);
  const most = Math.min(letters.length, LONGEST_BEGINNING);
  const some = Array.from({ length: Math.max(0, most - 1) }, (_, index) =>
    letters.slice(0, index + 2).join(''),
  );
  return [...some, word];
}

/** `972501234567` → `#4567`, …, `#501234567`. */
function endings(phone: string): string[] {
  const digits = phone.replace(/\D/g, '');
  const lengths = Array.from({ length: MOST_DIGITS - LEAST_DIGITS + 1 }, (_, index) => LEAST_DIGITS + index);
  return lengths.filter((length) => length <= digits.length).map((length) => `#${digits.slice(-length)}`);
}

/**
 * What is asked for: every one of the groups, in any of its forms. Digits, also with spaces and dashes between, are
 * the end of a phone number, or a word. Empty: nothing in it can be looked for.
 */
export function askedFor(query: string): string[][] {
  const number = query.replace(/[\s+().-]/g, '');
  if (/^\d+$/.test(number) && number.length >= LEAST_DIGITS) {
    return [[`#${number.slice(-MOST_DIGITS)}`, ...(wordsOf(query).length === 1 ? wordsOf(query) : [])]];
  }
  return wordsOf(query.replace(/^@/, ''))
    .slice(0, MOST_ASKED)
    .map((word) => [word]);
}
