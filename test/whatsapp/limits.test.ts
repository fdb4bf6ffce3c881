/** What may be sent, and until when. */
import { describe, expect, it } from '@jest/globals';

import { TEXT_BODY_MAX, textOf } from '../../src/whatsapp/limits.ts';
import { isWindowOpen, windowExpiresAt } from '../../src/whatsapp/window.ts';

describe('a text', () => {
  const schema = textOf(1, TEXT_BODY_MAX);

  it.each([
    ['one character', 'a', true],
    ['nothing', '', false],
    ['the longest text', 'x'.repeat(4096), true],
    ['one character more', 'x'.repeat(4097), false],
    ['emoji, each one character though two code units', '😀'.repeat(4096), true],
    ['one emoji more', '😀'.repeat(4097), false],
    ['Hebrew and bidi marks', 'שלום \u200fעולם', true],
    ['half of a surrogate pair', 'a\ud83d', false],
  ])('%s is taken or refused: %#', (_name, value, valid) => {
    expect(schema.safeParse(value).success).toBe(valid);
  });
});

describe('the window', () => {
  const lastInboundAt = new Date('2026-11-22T08:00:00.000Z');

  it.each([
    ['2026-11-22T08:00:00.000Z', true],
    ['2026-11-23T07:59:59.999Z', true],
    ['2026-11-23T08:00:00.000Z', false],
  ])('at %s is open: %s', (now, open) => {
    expect(isWindowOpen(lastInboundAt, Date.parse(now))).toBe(open);
  });

  it('closes 24 hours after the last message of the client', () => {
    expect(windowExpiresAt(lastInboundAt)).toEqual(new Date('2026-11-23T08:00:00.000Z'));
  });

  it('was never open for a client who has not written', () => {
    expect(isWindowOpen(undefined, 0)).toBe(false);
    expect(windowExpiresAt(undefined)).toBeUndefined();
  });
});
