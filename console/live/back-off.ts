const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/**
 * How long to wait before try number `failures + 1`, in ms: doubling from 1 s to 30 s, with jitter over
 * the upper half so that the consoles of one restarted server do not all come back in the same second.
 * `random` returns 0 ≤ n < 1.
 */
export function backOffMs(failures: number, random: () => number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
  return Math.round(full / 2 + (full / 2) * random());
}
