/** The log as a file: a table for spreadsheets, or one JSON document a line. */
import { type Cell, csvLine } from '../../src/http/csv.ts';
import type { AuditEntry } from './entries.ts';

const COLUMNS: [name: string, of: (entry: AuditEntry) => Cell][] = [
  ['seq', ({ seq }) => seq],
  ['at', ({ at }) => at],
  ['actor', ({ actor }) => actor],
  ['staff', ({ staff }) => staff],
  ['action', ({ action }) => action],
  ['outcome', ({ outcome }) => outcome],
  ['objects', ({ objects }) => objects.join(' ')],
  ['reason', ({ reason }) => reason],
  ['details', ({ details }) => (Object.keys(details).length === 0 ? '' : JSON.stringify(details))],
  ['address', ({ address }) => address],
  ['requestId', ({ requestId }) => requestId],
  ['id', ({ id }) => id],
  ['previous', ({ previous }) => previous],
  ['hash', ({ hash }) => hash],
];

/** With a byte order mark, by which spreadsheets know UTF-8. */
export function asCsv(entries: AuditEntry[]): string {
  const lines = entries.map((entry) => csvLine(COLUMNS.map(([, of]) => of(entry))));
  return `\uFEFF${csvLine(COLUMNS.map(([name]) => name))}${lines.join('')}`;
}

export function asJsonLines(entries: AuditEntry[]): string {
  return entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
}
