/**
 * Passwords: the rules of NIST SP 800-63B-4 (length and a block list, nothing about kinds of characters), Argon2id.
 * They are compared in Unicode form NFKC, one of the stabilised forms that NIST names, and counted in code points.
 */
import { argon2id, hash, needsRehash, verify } from 'argon2';

import { Reject } from '../ops/errors.ts';
import { type Blocked, blockedBecause } from './block-list.ts';

/** Where the password alone lets a person in. */
const ALONE = 15;
/** Where a second factor is asked for, too. */
const WITH_SECOND_FACTOR = 8;
/** Code points; more than NIST's 64, and few enough that hashing them costs nothing. */
export const MOST_CHARACTERS = 256;

/** 19 MiB, 2 passes: OWASP's recommendation; about 60 ms. Recorded in each hash, renewed at sign-in when changed. */
const PARAMETERS = { type: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Hashes that run at a time: they share Node's four threads with files and names of hosts. */
const AT_ONCE = 2;
/** Those that wait: at 60 ms each the last one waits 3 s. */
const MOST_WAITING = 100;

export interface PasswordRules {
  hasSecondFactor: boolean;
  /** Names of the business and the person, the e-mail: none may stand in it. */
  names: readonly string[];
}

const WORDS: Record<Blocked, string> = {
  common: 'is one of those that are tried first: choose another',
  predictable: 'is too easy to guess (a run of keys, or the same again and again): choose another',
  'contains-name': 'contains the name of the product, the business or yourself: choose another',
};

/** @throws Reject (422) `weak-password` that says what is wrong and quotes nothing */
export function requireGoodPassword(password: string, { hasSecondFactor, names }: PasswordRules): void {
  const form = normalForm(password);
  const length = [...form].length;
  const least = hasSecondFactor ? WITH_SECOND_FACTOR : ALONE;
  if (length < least) throw weak(`must have at least ${least} characters`);
  if (length > MOST_CHARACTERS) throw weak(`must have at most ${MOST_CHARACTERS} characters`);
  const blocked = blockedBecause(form, names);
  if (blocked !== null) throw weak(WORDS[blocked]);
}

function weak(message: string): Reject {
  return new Reject(422, 'weak-password', `The password ${message}.`, {
    errors: [{ path: 'password', message }],
  });
}

/** @returns the encoded hash with its parameters and salt */
export function hashPassword(password: string): Promise<string> {
  return slowly(() => hash(normalForm(password), PARAMETERS));
}

export interface Verdict {
  isRight: boolean;
  /** The hash was made with other parameters than today's. */
  isOld: boolean;
}

let nobodys: Promise<string> | undefined;

/** Costs the same where there is no hash: then the password is never right. */
export async function checkPassword(encoded: string | undefined, password: string): Promise<Verdict> {
  nobodys ??= hashPassword('the password of nobody');
  const stored = encoded ?? (await nobodys);
  const isRight = await slowly(() => verify(stored, normalForm(password)));
  return { isRight: isRight && encoded !== undefined, isOld: needsRehash(stored, PARAMETERS) };
}

function normalForm(password: string): string {
  return password.normalize('NFKC');
}

let running = 0;
const waiting: (() => void)[] = [];

/** A flood of sign-ins must not take the process: what does not fit is refused. @throws Reject (503) */
async function slowly<Result>(work: () => Promise<Result>): Promise<Result> {
  if (running >= AT_ONCE) {
    if (waiting.length >= MOST_WAITING) {
      throw new Reject(503, 'busy', 'Too many people sign in at this moment. Please try again.', {
        afterMs: 5_000,
      });
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else running += 1;
  try {
    return await work();
  } finally {
    const next = waiting.shift(); // takes the place over
    if (next) next();
    else running -= 1;
  }
}
