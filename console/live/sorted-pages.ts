import type { Page } from '../api/types.ts';

/** Loaded pages of a list, newest first; the shape TanStack Query keeps for infinite queries. */
export interface Pages<Item> {
  pages: Page<Item>[];
  pageParams: unknown[];
}

export interface PlaceRules<Item> {
  /** What the list is sorted by, highest first. */
  orderOf(item: Item): number;
  /** False: the item does not (or no longer) belong to this list. */
  belongs(item: Item): boolean;
}

/**
 * Puts an item that came by the feed into the loaded pages: replaces it by id and moves it to its
 * place. An item older than everything loaded stays out while more pages are to come: it will
 * come with its page. Returns the same object when nothing changed.
 */
export function placeItem<Item extends { id: string }>(
  data: Pages<Item>,
  item: Item,
  rules: PlaceRules<Item>,
): Pages<Item> {
  const known = find(data, item.id);
  if (known !== undefined && rules.belongs(item) && rules.orderOf(known) === rules.orderOf(item)) {
    return changeItem(data, item.id, () => item); // in place: several items may share one moment
  }
  const without = removeItem(data, item.id);
  if (!rules.belongs(item)) return without;
  const order = rules.orderOf(item);
  const isNewerThan = (other: Item): boolean => order >= rules.orderOf(other);

  const pageIndex = without.pages.findIndex((page) => page.items.some(isNewerThan));
  if (pageIndex === -1) return appendAtEnd(without, item, known !== undefined);
  const page = without.pages[pageIndex];
  if (page === undefined) return without;
  const itemIndex = page.items.findIndex(isNewerThan);
  return replacePage(without, pageIndex, { ...page, items: page.items.toSpliced(itemIndex, 0, item) });
}

function appendAtEnd<Item extends { id: string }>(
  data: Pages<Item>,
  item: Item,
  known: boolean,
): Pages<Item> {
  const last = data.pages.at(-1);
  if (last === undefined) return data;
  if (last.nextCursor !== null && !known) return data;
  return replacePage(data, data.pages.length - 1, { ...last, items: [...last.items, item] });
}

/** Takes an item out of every page; the same object when it is in none. */
export function removeItem<Item extends { id: string }>(data: Pages<Item>, id: string): Pages<Item> {
  if (find(data, id) === undefined) return data;
  const pages = data.pages.map((page) =>
    page.items.some((item) => item.id === id)
      ? { ...page, items: page.items.filter((item) => item.id !== id) }
      : page,
  );
  return { ...data, pages };
}

/** Changes one loaded item in its place; the same object when it is not loaded. */
export function changeItem<Item extends { id: string }>(
  data: Pages<Item>,
  id: string,
  change: (item: Item) => Item,
): Pages<Item> {
  if (find(data, id) === undefined) return data;
  const changeOne = (item: Item): Item => (item.id === id ? change(item) : item);
  return { ...data, pages: data.pages.map((page) => ({ ...page, items: page.items.map(changeOne) })) };
}

/** All loaded items, newest first. An item that moved between two page reads shows once. */
export function itemsOf<Item extends { id: string }>(data: Pages<Item> | undefined): Item[] {
  const seen = new Set<string>();
  return (data?.pages ?? [])
    .flatMap((page) => page.items)
    .filter((item) => !seen.has(item.id) && seen.add(item.id) !== undefined);
}

function find<Item extends { id: string }>(data: Pages<Item>, id: string): Item | undefined {
  return data.pages.flatMap((page) => page.items).find((item) => item.id === id);
}

function replacePage<Item>(data: Pages<Item>, index: number, page: Page<Item>): Pages<Item> {
  return { ...data, pages: data.pages.with(index, page) };
}
