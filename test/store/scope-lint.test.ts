/** P4: lint forbids every way round the tenant scope outside src/store. */
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from '@jest/globals';
import { ESLint } from 'eslint';

const root = fileURLToPath(new URL('../../', import.meta.url));
const RULES = /^no-restricted-(imports|syntax)$/;

const lint = new ESLint({
  cwd: root,
  // The rules of scope need no types; to read the whole project for each snippet would take long.
  overrideConfig: { languageOptions: { parserOptions: { project: null } } },
  ruleFilter: ({ ruleId }) => RULES.test(ruleId),
});

async function found(code: string, file: string): Promise<string[]> {
  const [result] = await lint.lintText(code, { filePath: `${root}${file}` });
  return (result?.messages ?? []).map(({ ruleId, message }) => ruleId ?? message);
}

const WAYS_ROUND: [string, string][] = [
  ['the library', "import mongoose from 'mongoose';\nexport { mongoose };"],
  ['its types alone', "import type { Model } from 'mongoose';\nexport type { Model };"],
  ['the driver', "import { MongoClient } from 'mongodb';\nexport { MongoClient };"],
  ['a raw collection of a model', 'export const raw = (model) => model.collection;'],
  ['a raw collection of a connection', "export const raw = (it) => it.collection('messages');"],
  ['the database of a connection', 'export const raw = (connection) => connection.db;'],
  ['another database', "export const other = (it) => it.useDb('keys');"],
  ['the client', 'export const client = (it) => it.getClient();'],
  ['a change stream', 'export const changes = (model) => model.watch();'],
  ['a count over all tenants', 'export const all = (model) => model.estimatedDocumentCount();'],
  ...[
    '$lookup',
    '$graphLookup',
    '$unionWith',
    '$out',
    '$merge',
    '$changeStream',
    '$collStats',
    '$indexStats',
  ].map((stage): [string, string] => [stage, `export const stage = { ${stage}: {} };`]),
  ['a stage by its quoted name', "export const stage = { '$lookup': {} };"],
  ['a stage by a name that is put together', "export const name = '$merge';"],
];

describe('row 40: lint', () => {
  it.each(WAYS_ROUND)('forbids %s', async (_name, code) => {
    expect(await found(code, 'src/conversations/snippet.ts')).toContainEqual(expect.stringMatching(RULES));
    expect(await found(code, 'workers/snippet.ts')).toContainEqual(expect.stringMatching(RULES));
    expect(await found(code, 'src/store/snippet.ts')).toEqual([]);
  });
});
