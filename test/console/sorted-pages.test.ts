import { describe, expect, it } from '@jest/globals';

import type { Conversation } from '../../console/api/types.ts';
import { changeItem, itemsOf, placeItem, removeItem } from '../../console/live/sorted-pages.ts';
import { conversation, idsOf, pagesOf } from './support.ts';

const rules = { orderOf: (item: Conversation) => Date.parse(item.lastActivityAt), belongs: () => true };
const a = conversation('a', 50);
const b = conversation('b', 40);
const c = conversation('c', 30);
const d = conversation('d', 20);

describe('placeItem', () => {
  it('puts a new item in front', () => {
    expect(idsOf(placeItem(pagesOf([[b], [c]]), a, rules))).toEqual([['a', 'b'], ['c']]);
  });

  it('moves an item that has risen to its new place, over pages', () => {
    const risen = conversation('c', 45);
    expect(
      idsOf(
        placeItem(
          pagesOf([
            [a, b],
            [c, d],
          ]),
          risen,
          rules,
        ),
      ),
    ).toEqual([['a', 'c', 'b'], ['d']]);
  });

  it('changes an item of the same time in its place, beside others of that time', () => {
    const twin = conversation('twin', 40);
    const changed = conversation('b', 40, { state: 'RESOLVED' });
    const data = placeItem(pagesOf([[a, twin, b, c]]), changed, rules);
    expect(idsOf(data)).toEqual([['a', 'twin', 'b', 'c']]);
    expect(data.pages[0]?.items[2]).toBe(changed);
  });

  it('leaves out what is older than everything loaded while more is to come', () => {
    const data = pagesOf([[a, b]], true);
    expect(placeItem(data, d, rules)).toBe(data);
  });

  it('puts the oldest at the end when all is loaded, also into an empty list', () => {
    expect(idsOf(placeItem(pagesOf([[a, b]]), d, rules))).toEqual([['a', 'b', 'd']]);
    expect(idsOf(placeItem(pagesOf<Conversation>([[]]), d, rules))).toEqual([['d']]);
  });

  it('takes out what no longer belongs', () => {
    const data = placeItem(pagesOf([[a, b]]), b, { ...rules, belongs: () => false });
    expect(idsOf(data)).toEqual([['a']]);
  });

  it('is the same when applied twice', () => {
    const once = placeItem(pagesOf([[b, c]]), a, rules);
    expect(placeItem(once, a, rules)).toEqual(once);
  });
});

describe('removeItem and changeItem', () => {
  it('return the same object when the item is not loaded', () => {
    const data = pagesOf([[a]]);
    expect(removeItem(data, 'z')).toBe(data);
    expect(changeItem(data, 'z', () => b)).toBe(data);
  });

  it('touch only the item', () => {
    const data = changeItem<Conversation>(pagesOf([[a, b]]), 'b', (item) => ({ ...item, state: 'RESOLVED' }));
    expect(data.pages[0]?.items.map((item) => item.state)).toEqual(['PENDING', 'RESOLVED']);
    expect(data.pages[0]?.items[0]).toBe(a);
  });
});

describe('itemsOf', () => {
  it('shows an item once that moved up between the reading of two pages', () => {
    expect(
      itemsOf(
        pagesOf([
          [a, b],
          [b, c],
        ]),
      ).map((item) => item.id),
    ).toEqual(['a', 'b', 'c']);
  });

  it('is empty before anything is loaded', () => {
    expect(itemsOf(undefined)).toEqual([]);
  });
});
