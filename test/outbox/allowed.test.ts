/** What may be sent: the window of messages and calls, who holds the conversation, what WhatsApp forbids the account. */
import { describe, expect, it } from '@jest/globals';

import type { Context } from '../../src/context.ts';
import type { ConversationRow } from '../../src/conversations/model.ts';
import { forbiddenNow, isPaused, requireAllowed } from '../../src/outbox/allowed.ts';
import type { ChannelRow } from '../../src/tenants/model.ts';
import { freeEntryFrom, heardAt, windowCause } from '../../src/whatsapp/window.ts';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 22, 12);
const ago = (hours: number) => new Date(NOW - hours * HOUR);
const ctx = { clock: { now: () => NOW } } as Context;
const text = { type: 'text' };
const template = { type: 'template' };

function around(conversation: Partial<ConversationRow>, channel: Partial<ChannelRow> = {}) {
  return { conversation: conversation as ConversationRow, channel: channel as ChannelRow };
}

describe('the window', () => {
  it.each([
    ['a message', { lastInboundAt: ago(23) }, undefined],
    ['a call', { lastCallAt: ago(23) }, undefined],
    ['a call after a message', { lastInboundAt: ago(30), lastCallAt: ago(1) }, undefined],
    ['both long ago', { lastInboundAt: ago(24), lastCallAt: ago(25) }, 'window-closed'],
    ['nothing', {}, 'window-closed'],
    ['an ad’s entry point alone', { entryAt: ago(30), freeEntryUntil: ago(-40) }, 'window-closed'],
  ])('after %s', (_what, conversation, reason) => {
    expect(forbiddenNow(ctx, text, around(conversation))?.reason).toBe(reason);
    expect(forbiddenNow(ctx, template, around(conversation))).toBeUndefined();
  });

  it('says what opened it last', () => {
    expect(windowCause({ lastInboundAt: ago(2), lastCallAt: ago(1) })).toBe('call');
    expect(windowCause({ lastInboundAt: ago(1), lastCallAt: ago(2) })).toBe('message');
    expect(windowCause({})).toBeNull();
    expect(heardAt({ lastInboundAt: ago(1), lastCallAt: ago(2) })).toEqual(ago(1));
  });
});

describe('the free entry point', () => {
  it.each([
    ['an answer in time', { entryAt: ago(10) }, 72],
    ['an answer too late', { entryAt: ago(24) }, undefined],
    ['no ad', {}, undefined],
    ['a second answer', { entryAt: ago(10), freeEntryUntil: ago(-62) }, undefined],
    ['another ad later', { entryAt: ago(1), freeEntryUntil: ago(2) }, 72],
  ])('%s', (_what, entry, hours) => {
    expect(freeEntryFrom(entry, new Date(NOW))).toEqual(hours === undefined ? undefined : ago(-hours));
  });
});

describe('another app’s conversation', () => {
  const held = { lastInboundAt: ago(1), control: 'other' as const };

  it('takes templates only, when accepted and when sent', () => {
    expect(forbiddenNow(ctx, text, around(held))?.reason).toBe('other-app-has-control');
    expect(forbiddenNow(ctx, template, around(held))).toBeUndefined();
    expect(() => requireAllowed(ctx, held as ConversationRow, 'text')).toThrow(/take control first/);
    expect(() => requireAllowed(ctx, held as ConversationRow, 'template')).not.toThrow();
  });
});

describe('a restricted account', () => {
  it('may answer while only templates are held', () => {
    const channel = { templatesHeldUntil: ago(-1) };
    expect(forbiddenNow(ctx, template, around({}, channel))?.reason).toBe('account-restricted');
    expect(forbiddenNow(ctx, text, around({ lastInboundAt: ago(1) }, channel))).toBeUndefined();
    expect(forbiddenNow(ctx, template, around({}, { templatesHeldUntil: ago(1) }))).toBeUndefined();
  });

  it.each([
    ['active', { status: 'active' as const }, false],
    [
      'paused for another reason',
      { status: 'paused' as const, pausedReason: '190', pausedUntil: ago(1) },
      true,
    ],
    [
      'restricted until later',
      { status: 'paused' as const, pausedReason: 'account-restricted', pausedUntil: ago(-1) },
      true,
    ],
    ['restricted without end', { status: 'paused' as const, pausedReason: 'account-restricted' }, true],
  ])('%s', async (_what, channel, paused) => {
    expect(await isPaused(ctx, channel as ChannelRow)).toBe(paused);
  });
});

describe('a suspended group', () => {
  it('takes nothing', () => {
    const group = { lastInboundAt: ago(1), groupBlocked: 'suspended' as const };
    expect(forbiddenNow(ctx, template, around(group))?.reason).toBe('group-problem');
    expect(() => requireAllowed(ctx, group as ConversationRow, 'template')).toThrow(/suspended/);
  });
});
