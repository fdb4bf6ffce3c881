/**
 * While somebody reads further down, rows must not jump under the pointer: rows that are known keep
 * their order and only change in place; rows that rose to the top meanwhile are counted as new.
 */
export function steadyOrder<Row extends { id: string }>(
  held: readonly string[],
  rows: readonly Row[],
): { rows: Row[]; newCount: number } {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const heldIds = new Set(held);
  const kept = held.flatMap((id) => byId.get(id) ?? []);
  const lastKept = rows.findLastIndex((row) => heldIds.has(row.id));
  // What stands behind all known rows came with an older page; what stands before them is new.
  const older = rows.slice(lastKept + 1);
  const arrived = rows.slice(0, lastKept + 1).filter((row) => !heldIds.has(row.id));
  const risen = countRisen(kept, rows);
  return { rows: [...kept, ...older], newCount: arrived.length + risen };
}

/** Known rows that now stand above the row that was on top. */
function countRisen<Row extends { id: string }>(kept: readonly Row[], rows: readonly Row[]): number {
  const top = kept[0];
  if (top === undefined) return 0;
  const keptIds = new Set(kept.map((row) => row.id));
  const aboveTop = rows.slice(
    0,
    rows.findIndex((row) => row.id === top.id),
  );
  return aboveTop.filter((row) => keptIds.has(row.id)).length;
}
