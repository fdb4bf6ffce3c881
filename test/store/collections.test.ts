/** Every collection says what it holds: without that, export, erasure and retention would miss it. */
import { readdir, readFile } from 'node:fs/promises';

import { describe, expect, it } from '@jest/globals';

import { collections } from '../../src/collections.ts';
import { indexesOf } from '../../src/store/collection.ts';

describe('declarations of collections', () => {
  it('every declared collection is listed', async () => {
    const root = new URL('../../src/', import.meta.url);
    const files = (await readdir(root, { recursive: true })).filter(
      (name) => name.endsWith('model.ts') && name !== 'store/model.ts',
    );
    const declared = await Promise.all(
      files.map(async (name) =>
        [
          ...(await readFile(new URL(name, root), 'utf8')).matchAll(
            /(?:tenant|operator)Collection<\w+>\('(\w+)'/g,
          ),
        ].map((match) => match[1]),
      ),
    );
    expect(collections.map(({ name }) => name).sort()).toEqual(declared.flat().sort());
  });

  it.each(collections.map((collection) => [collection.name, collection] as const))(
    'row 5: %s declares class, role and retention',
    (_name, collection) => {
      expect(collection.retention).toMatch(
        /^(client-content|account|keys|parked-30-days|installation|audit-24-months)$/,
      );
      expect(Object.keys(collection.fields).length).toBeGreaterThan(0);
      for (const field of Object.values(collection.fields)) {
        expect(field.dataClass).toMatch(/^(content|identity|account|billing|support|technical)$/);
        expect(field.role).toMatch(/^(processor|controller)$/);
        if (field.dataClass === 'content' || field.dataClass === 'identity') expect(field.sealed).toBe(true);
      }
    },
  );

  it.each(collections.filter(({ scope }) => scope === 'tenant').map((each) => [each.name, each] as const))(
    '%s: rows of one tenant are found without looking at those of others',
    (_name, collection) => {
      const ofAllRows = indexesOf(collection).filter(
        ({ options = {} }) => !options.partialFilterExpression && !options.sparse,
      );
      expect(ofAllRows.map(({ keys }) => Object.keys(keys)[0])).toContain('tenantId');
    },
  );
});
