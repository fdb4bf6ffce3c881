import { describe, expect, it } from '@jest/globals';

import { documentTitle } from '../../console/app/document-title.ts';
import { conversationOf, hashOf } from '../../console/app/route.ts';
import { moveInList } from '../../console/inbox/list-keys.ts';
import { contactLabel, initials, isWaiting, maskPhone, matchesSearch } from '../../console/inbox/people.ts';
import { serviceWindow } from '../../console/inbox/service-window.ts';
import { steadyOrder } from '../../console/inbox/steady-order.ts';
import { backOffMs } from '../../console/live/back-off.ts';
import { at, conversation } from './support.ts';

const now = Date.UTC(2026, 10, 22, 8);

describe('serviceWindow', () => {
  const inMinutes = (minutes: number): string => new Date(now + minutes * 60_000).toISOString();
  it.each([
    [24 * 60, 'open', 24, 0],
    [4 * 60 + 1, 'open', 4, 1],
    [4 * 60, 'soon', 4, 0],
    [61, 'soon', 1, 1],
    [60, 'ending', 1, 0],
    [0.5, 'ending', 0, 1],
    [0, 'closed', 0, 0],
    [-5, 'closed', 0, 0],
  ] as const)('%d minutes left: %s, %d h %d min', (left, level, hours, minutes) => {
    expect(serviceWindow(inMinutes(left), now)).toEqual({ level, hours, minutes });
  });

  it('is closed when the client has never written', () => {
    expect(serviceWindow(null, now).level).toBe('closed');
  });
});

describe('people', () => {
  const person = (fields: object) => ({ id: 'p', name: null, phone: null, username: null, ...fields });

  it.each([
    [{ name: ' Maya ', phone: '+972501234567' }, 'name', 'Maya'],
    [{ name: '  ', username: 'noa.d', phone: '+972501234567' }, 'username', '@noa.d'],
    [{ phone: '+972501234567' }, 'phone', '•••• 4567'],
    [{}, 'unknown', ''],
  ])('%j is called by %s', (fields, kind, text) => {
    expect(contactLabel(person(fields))).toEqual({ kind, text });
  });

  it('hide the middle of a number, also of a short one', () => {
    expect([maskPhone('+972501234567'), maskPhone('12345')]).toEqual(['•••• 4567', '•••• 45']);
  });

  it.each([
    ['Maya Levi', 'ML'],
    ['דניאל כהן לוי', 'דכ'],
    ['😀 Omar', 'O'],
    ['👍', ''],
  ])('%s has the initials %s', (text, expected) => {
    expect(initials({ kind: 'name', text })).toBe(expected);
  });

  it.each([
    ['may', true],
    ['501-234', true],
    ['where is', true],
    ['', true],
    ['zoe', false],
    ['999', false],
  ])('the search for "%s" finds: %j', (search, expected) => {
    const lastMessage = {
      id: 'm',
      direction: 'in',
      type: 'text',
      status: 'received',
      timestamp: at(1),
    } as const;
    const row = conversation('c', 1, {
      contact: person({ name: 'Maya', phone: '+972501234567' }),
      lastMessage: { ...lastMessage, preview: 'Where is it?' },
    });
    expect(matchesSearch(row, search)).toBe(expected);
  });

  it('wait when the client spoke last, unless it is settled', () => {
    const last = { id: 'm', type: 'text', status: 'received', timestamp: at(1), preview: '' } as const;
    const row = conversation('c', 1, { lastMessage: { ...last, direction: 'in' } });
    expect(isWaiting(row)).toBe(true);
    expect(isWaiting({ ...row, state: 'RESOLVED' })).toBe(false);
    expect(isWaiting({ ...row, lastMessage: { ...last, direction: 'out' } })).toBe(false);
  });
});

describe('the order of a list that is being read', () => {
  const rows = (ids: string): { id: string }[] => Array.from(ids, (id) => ({ id }));
  const order = (held: string, now: string) => {
    const steady = steadyOrder(Array.from(held), rows(now));
    return [steady.rows.map((row) => row.id).join(''), steady.newCount];
  };

  it('stays, and counts what is new', () => {
    expect(order('abcd', 'xabcd')).toEqual(['abcd', 1]);
    expect(order('abcd', 'dabc')).toEqual(['abcd', 1]);
    expect(order('abcd', 'xdabc')).toEqual(['abcd', 2]);
  });

  it('takes in older pages and lets go of what has left', () => {
    expect(order('abc', 'abcde')).toEqual(['abcde', 0]);
    expect(order('abc', 'ac')).toEqual(['ac', 0]);
    expect(order('abc', 'xcabde')).toEqual(['abcde', 2]);
  });
});

describe('moveInList', () => {
  it.each([
    ['ArrowDown', -1, 0],
    ['ArrowDown', 4, 4],
    ['ArrowUp', -1, 0],
    ['ArrowUp', 3, 2],
    ['End', 0, 4],
    ['Home', 4, 0],
    ['PageDown', 0, 4],
    ['PageUp', 4, 0],
    ['a', 2, null],
  ])('%s from %d leads to %j', (key, index, expected) => {
    expect(moveInList(key, index, 5)).toBe(expected);
  });

  it('leads nowhere in an empty list', () => {
    expect(moveInList('End', -1, 0)).toBeNull();
  });
});

describe('addresses and title', () => {
  it.each(['c1', 'a/b?c#d', 'שלום', '100%'])('bring back the conversation %s', (id) => {
    expect(conversationOf(hashOf(id))).toBe(id);
  });

  it.each(['', '#/', '#/c/', '#/c/%E0%A4', '#/other/1', '#/c/a/b'])('"%s" is the list', (hash) => {
    expect(conversationOf(hash)).toBeNull();
  });

  it('count what waits', () => {
    expect([documentTitle(0, false), documentTitle(3, false), documentTitle(50, true)]).toEqual([
      'WHATSPER',
      '(3) WHATSPER',
      '(50+) WHATSPER',
    ]);
  });
});

describe('backOffMs', () => {
  it('doubles up to half a minute, with jitter over the upper half', () => {
    expect([1, 2, 3, 4, 5, 6, 50].map((failures) => backOffMs(failures, () => 1))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
    ]);
    expect(backOffMs(6, () => 0)).toBe(15_000);
  });
});
