import { describe, expect, it } from '@jest/globals';

import {
  applyToConversation,
  applyToConversations,
  applyToMessages,
  needsConversation,
} from '../../console/live/apply.ts';
import { at, conversation, idsOf, message, pagesOf } from './support.ts';

const last = {
  id: 'm1',
  direction: 'out',
  type: 'text',
  preview: 'hello',
  status: 'sent',
  timestamp: at(1),
} as const;

describe('a conversation list', () => {
  it('takes in a conversation of its state and lets go of one that left it', () => {
    const waiting = pagesOf([[conversation('a', 5)]]);
    const arrived = { type: 'conversation.updated', conversationId: 'b', conversation: conversation('b', 6) };
    expect(idsOf(applyToConversations(waiting, arrived, 'PENDING'))).toEqual([['b', 'a']]);
    const assigned = conversation('a', 7, { state: 'ASSIGNED' });
    const left = { type: 'conversation.updated', conversationId: 'a', conversation: assigned };
    expect(idsOf(applyToConversations(waiting, left, 'PENDING'))).toEqual([[]]);
    expect(idsOf(applyToConversations(waiting, left, 'ALL'))).toEqual([['a']]);
  });

  it('shows the new status of the last message, and only of the last one', () => {
    const list = pagesOf([[conversation('c1', 5, { lastMessage: last })]]);
    const read = {
      type: 'message.status',
      conversationId: 'c1',
      message: message('m1', 1, { status: 'read' }),
    };
    expect(applyToConversations(list, read, 'ALL').pages[0]?.items[0]?.lastMessage?.status).toBe('read');
    const older = { ...read, message: message('m0', 0, { status: 'read' }) };
    expect(applyToConversations(list, older, 'ALL').pages[0]?.items[0]?.lastMessage?.status).toBe('sent');
  });
});

describe('one conversation', () => {
  it('is replaced by its own events only', () => {
    const open = conversation('c1', 5);
    const changed = conversation('c1', 6);
    expect(applyToConversation(open, { type: 'x', conversationId: 'c1', conversation: changed })).toBe(
      changed,
    );
    expect(
      applyToConversation(open, { type: 'x', conversationId: 'c2', conversation: conversation('c2', 6) }),
    ).toBe(open);
  });
});

describe('a thread', () => {
  it('takes in each message once, by its time', () => {
    const thread = pagesOf([[message('m3', 3), message('m1', 1)]]);
    const late = {
      type: 'message.received',
      conversationId: 'c1',
      message: message('m2', 2, { late: true }),
    };
    const once = applyToMessages(thread, late, 'c1');
    expect(idsOf(once)).toEqual([['m3', 'm2', 'm1']]);
    expect(idsOf(applyToMessages(once, late, 'c1'))).toEqual([['m3', 'm2', 'm1']]);
  });

  it('is not touched by messages of another conversation', () => {
    const thread = pagesOf([[message('m1', 1)]]);
    const other = message('m2', 2, { conversationId: 'c2' });
    expect(
      applyToMessages(thread, { type: 'message.received', conversationId: 'c2', message: other }, 'c1'),
    ).toBe(thread);
  });
});

describe('needsConversation', () => {
  const known = conversation('c1', 5, { lastMessage: last });

  it.each([
    ['a new message without its conversation', 'message.received', message('m9', 9), undefined, true],
    ['a new message with its conversation', 'message.received', message('m9', 9), known, false],
    ['a status', 'message.status', message('m1', 1), undefined, false],
    ['the last message once more', 'message.created', message('m1', 1), undefined, false],
    ['a change of the conversation', 'conversation.updated', undefined, known, false],
  ] as const)('%s: %s → %j', (_, type, carried, brought, expected) => {
    const event = {
      type,
      conversationId: 'c1',
      ...(carried === undefined ? {} : { message: carried }),
      ...(brought === undefined ? {} : { conversation: brought }),
    };
    expect(needsConversation(event, known)).toBe(expected);
  });
});
