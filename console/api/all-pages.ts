import type { Api } from './client.ts';
import type { Page } from './types.ts';

/**
 * Reads a list to its end, page by page, for what a person must find whole. `pathOf` gives the address of a page by its
 * cursor; `more` tells that the list goes on beyond `most` items.
 */
export async function allPages<Item>(
  api: Pick<Api, 'request'>,
  pathOf: (cursor: string | null) => string,
  { most = Infinity, signal }: { most?: number; signal?: AbortSignal } = {},
): Promise<{ items: Item[]; more: boolean }> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<Item> = await api.request(pathOf(cursor), signal ? { signal } : {});
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null && items.length < most);
  return { items, more: cursor !== null };
}

/** The same address with a cursor, for a path that has a query. */
export const withCursor = (path: string, cursor: string | null): string =>
  cursor === null ? path : `${path}&cursor=${encodeURIComponent(cursor)}`;
