import { describe, expect, it } from '@jest/globals';

import type { Found } from '../../console/api/types.ts';
import { rowsOf, withoutConversation } from '../../console/inbox/found-rows.ts';
import { conversation, message } from './support.ts';

const contact = (id: string, conversations: string[], minute = 0): Found => ({
  kind: 'contact',
  contact: { id, name: id, phone: null, username: null },
  conversations: conversations.map((one) => conversation(one, minute)),
});

describe('what a search shows', () => {
  it('each conversation once, loaded ones as they are loaded, newest activity first; then messages', () => {
    const loaded = [conversation('c1', 9, { state: 'ASSIGNED' }), conversation('c9', 5)];
    const hit: Found = {
      kind: 'message',
      message: message('m1', 3),
      conversations: [conversation('c1', 1)],
    };
    const rows = rowsOf(loaded, [contact('a', ['c1']), hit, contact('b', ['c2', 'c3'], 20)], 'name c1');
    expect(rows.map(({ kind, id }) => `${kind} ${id}`)).toEqual([
      'conversation c2',
      'conversation c3',
      'conversation c1',
      'message m1',
    ]);
    expect(rows[2]?.conversation.state).toBe('ASSIGNED');
  });

  it('people without a conversation are named apart, and a message whose conversation is gone is left out', () => {
    const found = [
      contact('a', []),
      { kind: 'message', message: message('m1', 3), conversations: [] } as Found,
    ];
    expect(rowsOf([], found, 'a')).toEqual([]);
    expect(withoutConversation(found).map(({ id }) => id)).toEqual(['a']);
  });
});
