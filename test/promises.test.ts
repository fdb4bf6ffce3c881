/**
 * Sentences of the privacy policy that the software must keep, by their row: each has a test that carries its number.
 * Whoever deletes or renames the last one of a row is told here.
 */
import { readdir, readFile } from 'node:fs/promises';

import { describe, expect, it } from '@jest/globals';

/** Accounts, people, sign-in, tenant scope, encryption, audit, access of staff. */
const ROWS = [
  1, 2, 4, 5, 10, 11, 14, 15, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 34, 40, 67, 70, 88, 135,
  136, 138, 139, 142, 143, 144, 148,
];

/** Beginning of a name: `row 22: …`, `rows 24, 25 and 30: …`. Of a test that runs, or of a group of tests. */
const NAMES = /\b(?:it|describe)(?:\.each\([^`]*?\))?\(\s*['"`]rows? ([^:'"`\n]{1,60}):/g;

function rowsNamedIn(source: string): number[] {
  return [...source.matchAll(NAMES)].flatMap(([, rows = '']) => rows.match(/\b\d+\b/g) ?? []).map(Number);
}

describe('rows of the policy', () => {
  it('each has a test of its name', async () => {
    const root = new URL('./', import.meta.url);
    const files = (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.test.ts'));
    const named = new Set<number>();
    for (const file of files) {
      for (const row of rowsNamedIn(await readFile(new URL(file, root), 'utf8'))) named.add(row);
    }
    expect(ROWS.filter((row) => !named.has(row))).toEqual([]);
  });

  it('reads names as they are written, and takes no test that does not run', () => {
    const quote = "'";
    const named = (begin: string, rows: string) => `${begin}(${quote}${rows}: what holds${quote}, () => {`;
    expect(rowsNamedIn(named('it', 'row 22'))).toEqual([22]);
    expect(rowsNamedIn(named('describe', 'rows 24, 25 and 30'))).toEqual([24, 25, 30]);
    expect(rowsNamedIn(named("it.each([\n ['a', 1],\n])", 'rows 28 and T-AZ'))).toEqual([28]);
    for (const begin of ['it.skip', 'it.todo', 'xit', 'describe.skip']) {
      expect(rowsNamedIn(named(begin, 'row 22'))).toEqual([]);
    }
    expect(rowsNamedIn('// row 22: promised')).toEqual([]);
  });
});
