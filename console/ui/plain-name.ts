/** Marks that turn the direction of what follows: with them `fdp.exe` reads `exe.pdf`. */
const TURNING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A name that a stranger chose, for people to read: nothing in it changes the order of its letters. */
export function plainName(name: string): string {
  return name.replaceAll(TURNING, '');
}
