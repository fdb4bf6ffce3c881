/** Every clause of clauses.ts has a test that names it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

import { CLAUSES } from './clauses.ts';

const root = new URL('../', import.meta.url).pathname;
const TITLED = new Set(['it', 'test', 'describe']);

/** The names of the tests of a file, as they are written; those that are skipped have none. */
function titlesIn(name: string, code: string): string[] {
  const titles: string[] = [];
  const look = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isRun(node.expression)) {
      const [title] = node.arguments;
      if (title && ts.isStringLiteralLike(title)) titles.push(title.text);
    }
    // Records of cases, whose names `it.each` shows.
    if (ts.isPropertyAssignment(node) && ts.isStringLiteralLike(node.name)) titles.push(node.name.text);
    ts.forEachChild(node, look);
  };
  look(ts.createSourceFile(name, code, ts.ScriptTarget.Latest));
  return titles;
}

/** `it`, `describe`, `it.each(…)`; not `it.skip`, `it.todo`. */
function isRun(called: ts.Expression): boolean {
  if (ts.isIdentifier(called)) return TITLED.has(called.text);
  return (
    ts.isCallExpression(called) &&
    ts.isPropertyAccessExpression(called.expression) &&
    called.expression.name.text === 'each' &&
    isRun(called.expression.expression)
  );
}

const titles = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts'))
  .map((path) => [path, readFileSync(join(root, path), 'utf8')] as const)
  .filter(([, code]) => code.includes('T-'))
  .flatMap(([path, code]) => titlesIn(path, code));

describe('clauses of security', () => {
  it.each(Object.entries(CLAUSES))('%s: each clause is shown by a test of its name', (group, clauses) => {
    const missing = clauses.filter(
      (clause) => !titles.some((title) => title.includes(`${group}: ${clause}`)),
    );
    expect(missing).toEqual([]);
  });

  it('would miss one', () => {
    expect(
      titlesIn('x', "it('T-AU: shown', f); it.skip('T-AU: skipped', f); it.each([])('T-AU: each', f)"),
    ).toEqual(['T-AU: shown', 'T-AU: each']);
  });
});
