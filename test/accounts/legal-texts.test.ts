/** Policy and terms of an installation's own, and the templates that stand in for them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { currentPolicy, currentTerms } from '../../src/accounts/legal-texts.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'legal-texts-'));
});
afterAll(async () => rm(folder, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe('texts that people accept', () => {
  it('are templates, apart from each other, until files are named', () => {
    const [policy, terms] = [
      currentPolicy({ POLICY_FILE: undefined }),
      currentTerms({ TERMS_FILE: undefined }),
    ];
    for (const { version, text } of [policy, terms]) {
      expect(version).toBe('template-1');
      expect(text.en).toMatch(/^This is a template\./);
      expect(text.he).not.toBe(text.en);
    }
    expect(terms.hash).not.toBe(policy.hash);
  });

  it('are read with their version, and another text has another hash', async () => {
    const one = await file('one.txt', 'Version: 2026-11\nOur terms.\n');
    const two = await file('two.txt', 'Version: 2026-11\r\nOur other terms.');
    const terms = currentTerms({ TERMS_FILE: one });
    expect(terms).toMatchObject({ version: '2026-11', text: { en: 'Our terms.', he: 'Our terms.' } });
    expect(currentPolicy({ POLICY_FILE: one }).hash).toBe(terms.hash);
    expect(currentTerms({ TERMS_FILE: two }).hash).not.toBe(terms.hash);
  });

  it('are refused by the name of their setting without a version or a text', async () => {
    const path = await file('none.txt', 'Our terms.');
    expect(() => currentTerms({ TERMS_FILE: path })).toThrow(/^TERMS_FILE must begin with a line “Version/);
    const empty = await file('empty.txt', 'Version: 1\n');
    expect(() => currentPolicy({ POLICY_FILE: empty })).toThrow(/^POLICY_FILE must begin/);
  });
});
