/** The table of a scripted run: each step with what should be, what was seen, how long it took, where it is kept. */

export interface Outcome {
  seen: string;
  /** Where it is kept now: collection, Redis stream, dead letters. */
  stored: string;
}

export interface Row extends Outcome {
  step: string;
  expected: string;
  ms: number;
  ok: boolean;
}

/** Something is not as it should be; its message says what was seen instead. */
export class NotAsExpected extends Error {}

/** @throws NotAsExpected unless the condition holds */
export function expect(condition: boolean, seen: string): asserts condition {
  if (!condition) throw new NotAsExpected(seen);
}

/** Runs one step; what it throws becomes a row that is not ok. */
export async function runStep(step: string, expected: string, work: () => Promise<Outcome>): Promise<Row> {
  const started = performance.now();
  const row = (outcome: Outcome, ok: boolean): Row => ({
    step,
    expected,
    ...outcome,
    ok,
    ms: Math.round(performance.now() - started),
  });
  try {
    return row(await work(), true);
  } catch (error) {
    return row({ seen: error instanceof Error ? error.message : String(error), stored: '-' }, false);
  }
}

/** Column widths fit their longest cell; long cells are left whole, a terminal wraps them. */
export function renderTable(rows: Row[]): string {
  const header = ['', 'step', 'expected', 'seen', 'ms', 'where it is kept'];
  const cells = rows.map(({ ok, step, expected, seen, ms, stored }) => [
    ok ? 'ok' : 'NO',
    step,
    expected,
    seen.replace(/\s+/g, ' '),
    String(ms),
    stored,
  ]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...cells.map((cell) => cell[column]?.length ?? 0)),
  );
  const line = (cell: string[]): string =>
    cell
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}
