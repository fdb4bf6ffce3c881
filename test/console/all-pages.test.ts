/** Lists that a person must find whole. */
import { describe, expect, it } from '@jest/globals';

import { allPages, withCursor } from '../../console/api/all-pages.ts';
import type { Api } from '../../console/api/client.ts';

/** A list of 250 numbers, 100 a page; the cursor is the next one. */
function numbers() {
  const asked: string[] = [];
  const request = (path: string) => {
    asked.push(path);
    const from = Number(new URL(path, 'http://gateway').searchParams.get('cursor') ?? 0);
    const items = Array.from({ length: Math.min(100, 250 - from) }, (_item, index) => from + index);
    return Promise.resolve({ items, nextCursor: from + 100 < 250 ? String(from + 100) : null });
  };
  return { asked, api: { request } as unknown as Pick<Api, 'request'> };
}

const pathOf = (cursor: string | null) => withCursor('/v1/numbers?limit=100', cursor);

describe('a list of several pages', () => {
  it('is read to its end', async () => {
    const { api, asked } = numbers();
    const { items, more } = await allPages<number>(api, pathOf);
    expect(items).toEqual(Array.from({ length: 250 }, (_item, index) => index));
    expect(more).toBe(false);
    expect(asked).toEqual([
      '/v1/numbers?limit=100',
      '/v1/numbers?limit=100&cursor=100',
      '/v1/numbers?limit=100&cursor=200',
    ]);
  });

  it('ends where it is told to, and says that there is more', async () => {
    const { api, asked } = numbers();
    const { items, more } = await allPages<number>(api, pathOf, { most: 200 });
    expect([items.length, more, asked.length]).toEqual([200, true, 2]);
  });
});
