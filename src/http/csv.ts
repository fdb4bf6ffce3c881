/**
 * Tables for spreadsheets (RFC 4180). A cell that begins like a formula would be run by the program that opens the
 * file, and names and messages are what strangers wrote: such a cell gets an apostrophe in front, by which spreadsheets
 * know text. The apostrophe stays in the file; who reads it by a program takes it off.
 */

/** Also behind blanks and invisible characters, which spreadsheets skip; the wide forms are what some read as ASCII. */
const LIKE_FORMULA = /^[\s\p{Cf}]*[=+\-@|%＝＋－＠]|^[\t\r\n]/u;
const NUMBER = /^-?\d+(\.\d+)?$/;

export type Cell = string | number | boolean | Date | null | undefined;

/** One line with its end. */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/** Always quoted, so that no separator of any locale can end it; numbers stay numbers. */
function csvCell(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'number' || typeof cell === 'boolean') return String(cell);
  const text = cell instanceof Date ? cell.toISOString() : cell.replaceAll('\0', '');
  const safe = LIKE_FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}
