/** As the server counts (docs/sign-in.md): in Unicode form NFKC, by code points. */
const ALONE = 15;
const WITH_SECOND_FACTOR = 8;

export function leastCharacters(hasSecondFactor: boolean): number {
  return hasSecondFactor ? WITH_SECOND_FACTOR : ALONE;
}

/** How many more characters a password needs. */
export function missingCharacters(password: string, hasSecondFactor: boolean): number {
  return Math.max(0, leastCharacters(hasSecondFactor) - [...password.normalize('NFKC')].length);
}
