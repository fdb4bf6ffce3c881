/**
 * Passwords that are tried first by whoever guesses: common ones, runs of keys or digits, a short piece again and again,
 * the names of product, business and person. Compared without case, look-alike digits, spaces and signs.
 */
import languageCommon from '@zxcvbn-ts/language-common';

const PRODUCT = ['whatsper', 'whatsapp'];
/** Shorter names stand in too many words. */
const SHORTEST_NAME = 4;
/** What is left of a password beside its predictable parts must not be less. */
const SHORTEST_REST = 6;
const RUNS = [
  '01234567890',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertzuiop',
  'azertyuiop',
];
const SHORTEST_RUN = 4;
const LOOK_ALIKES: Record<string, string> = {
  '0': 'o',
  '1': 'l',
  '3': 'e',
  '4': 'a',
  '@': 'a',
  '5': 's',
  $: 's',
  '7': 't',
};

export type Blocked = 'common' | 'predictable' | 'contains-name';

let commonOnes: Set<string> | undefined;

/** Why nobody should take it; null when there is no reason. `names`: of the business, of the person, the e-mail. */
export function blockedBecause(password: string, names: readonly string[]): Blocked | null {
  const plain = lettersOf(password.toLowerCase());
  const alike = lettersOf(unmasked(password.toLowerCase()));
  const named = [...PRODUCT, ...names.flatMap(partsOfName)].filter((name) => name.length >= SHORTEST_NAME);
  if (named.some((name) => plain.includes(name) || alike.includes(lettersOf(unmasked(name))))) {
    return 'contains-name';
  }
  commonOnes ??= new Set(languageCommon.dictionary['passwords-common']);
  const core = plain.replace(/^\d+/, '').replace(/(?<!\d)\d+$/, '');
  const forms = [password.toLowerCase(), plain, alike, core, pieceOf(plain), pieceOf(core)];
  if (forms.some((form) => commonOnes?.has(form))) return 'common';
  return restOf(password.toLowerCase()) < SHORTEST_REST ? 'predictable' : null;
}

/** Parts of a name that people put into passwords: the whole, its words, the local part of an address. */
function partsOfName(name: string): string[] {
  const [local = ''] = name.toLowerCase().split('@');
  return [lettersOf(local), ...local.split(/[^\p{L}\p{N}]+/u)];
}

function lettersOf(text: string): string {
  return text.normalize('NFKC').replaceAll(/[^\p{L}\p{N}]/gu, '');
}

function unmasked(text: string): string {
  return text.replaceAll(/[013457@$]/g, (sign) => LOOK_ALIKES[sign] ?? sign);
}

/** `abcabcabc` → `abc`; what repeats nothing stays. */
function pieceOf(text: string): string {
  const at = `${text}${text}`.indexOf(text, 1);
  return at > 0 && at < text.length ? text.slice(0, at) : text;
}

/** Characters that are neither the same as the one before nor part of a run, of the piece that repeats. */
function restOf(text: string): number {
  const characters = [...pieceOf(text)];
  let rest = characters.length;
  for (let start = 0; start < characters.length;) {
    const length = Math.max(sameFrom(characters, start), runFrom(characters, start));
    if (length >= SHORTEST_RUN) rest -= length - 1;
    start += length >= SHORTEST_RUN ? length : 1;
  }
  return rest;
}

function sameFrom(characters: string[], start: number): number {
  let end = start + 1;
  while (characters[end] === characters[start]) end += 1;
  return Math.min(end, characters.length) - start;
}

function runFrom(characters: string[], start: number): number {
  const tail = characters.slice(start).join('');
  let longest = 1;
  for (const run of RUNS.flatMap((one) => [one, [...one].reverse().join('')])) {
    const at = run.indexOf(characters[start] ?? '');
    let length = 0;
    while (at >= 0 && length < tail.length && tail[length] === run[at + length]) length += 1;
    longest = Math.max(longest, length);
  }
  return longest;
}
