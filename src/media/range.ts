/** `Range` of a request for bytes (RFC 9110, §14). */

export interface ByteRange {
  start: number;
  /** Included. */
  end: number;
}

/**
 * The wanted part of `size` bytes; `whole` when there is no range or one that may be ignored (several, another unit);
 * `unsatisfiable` when it lies outside.
 */
export function rangeIn(header: string | undefined, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const { from, to } = /^bytes=(?<from>\d{0,15})-(?<to>\d{0,15})$/.exec(header?.trim() ?? '')?.groups ?? {};
  if (from === undefined || to === undefined || (from === '' && to === '')) return 'whole';
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== '' && from !== '' && Number(to) < start) return 'whole'; // not a valid range
  return start > end ? 'unsatisfiable' : { start, end };
}
