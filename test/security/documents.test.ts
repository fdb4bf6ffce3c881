/** What the pages about security name exists, and the counts are those of the rows. */
import { existsSync, readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const asvs = read('docs/security/asvs.md');
const rows = [...asvs.matchAll(/^\| (\d+\.\d+\.\d+) +\|[^|]+\| (met|n\/a|open) +\| ([^|]+?) +\|$/gm)];

describe('docs/security', () => {
  it.each(['docs/security/asvs.md', 'docs/security/hardening.md', 'SECURITY.md'])(
    '%s names only files that exist',
    (page) => {
      const named = [...read(page).matchAll(/`((?:src|test|docs|console|scripts|embedded)\/[\w./-]+)`/g)];
      const missing = named.map(([, path = '']) => path).filter((path) => !existsSync(new URL(path, root)));
      expect(missing).toEqual([]);
    },
  );

  it('the checklist has each item once, and counts them rightly', () => {
    const items = rows.map(([, item]) => item);
    expect(new Set(items).size).toBe(items.length);
    const of = (state: string) => rows.filter(([, , found]) => found === state).length;
    const counted = `${rows.length} items: ${of('met')} met, ${of('n/a')} not applicable, ${of('open')} open.`;
    expect(asvs).toContain(counted);
    expect(rows.length).toBeGreaterThan(240);
  });

  it('row 146: a policy with answer times exists', () => {
    expect(read('SECURITY.md')).toMatch(/acknowledge[^|]*\| within 2 working days/);
  });
});
