/** About as many rows as a screen shows. */
const PAGE_ROWS = 8;

/** The index a key leads to from `index` (-1: none yet) in a list of `count`; `null` for other keys. */
export function moveInList(key: string, index: number, count: number): number | null {
  const clamp = (target: number): number => Math.max(0, Math.min(count - 1, target));
  if (count === 0) return null;
  switch (key) {
    case 'ArrowDown':
      return clamp(index + 1);
    case 'ArrowUp':
      return clamp(index === -1 ? 0 : index - 1);
    case 'PageDown':
      return clamp(index + PAGE_ROWS);
    case 'PageUp':
      return clamp(index - PAGE_ROWS);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
