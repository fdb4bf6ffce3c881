import { describe, expect, it } from '@jest/globals';

import { askedPause, pauseAfter } from '../../src/endpoints/schedule.ts';

const least = { bytes: (length: number) => Buffer.alloc(length, 0) };
const most = { bytes: (length: number) => Buffer.alloc(length, 255) };
const DAY = 86_400_000;

describe('the schedule of tries', () => {
  it('tries 11 times over 70 hours', () => {
    const pauses = [];
    for (let attempts = 1; ; attempts += 1) {
      const pause = pauseAfter(attempts, 0, least);
      if (pause === undefined) break;
      pauses.push(pause / 1000);
    }
    expect(pauses).toEqual([5, 30, 120, 600, 3_600, 10_800, 21_600, 43_200, 86_400, 86_400]);
    expect(pauses.reduce((sum, pause) => sum + pause, 0)).toBe(70 * 3_600 + 12 * 60 + 35);
  });

  it('adds at most a tenth at random', () => {
    expect(pauseAfter(1, 0, most)).toBeGreaterThan(5_400);
    expect(pauseAfter(1, 0, most)).toBeLessThanOrEqual(5_500);
  });

  it('waits as long as the endpoint asks, at most a day, and never less than the schedule', () => {
    expect(pauseAfter(1, 60_000, least)).toBe(60_000);
    expect(pauseAfter(1, 1, least)).toBe(5_000);
    expect(pauseAfter(1, 1_000 * DAY, least)).toBe(DAY);
    expect(pauseAfter(11, 60_000, least)).toBeUndefined();
  });

  it.each([
    [undefined, 0],
    ['120', 120_000],
    [' 7 ', 7_000],
    ['Sun, 22 Nov 2026 12:01:00 GMT', 60_000],
    ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
    ['soon', 0],
    ['-5', 0],
    ['99999999999999', 0],
  ])('reads Retry-After %s as %d ms', (header, expected) => {
    expect(askedPause(header, Date.UTC(2026, 10, 22, 12))).toBe(expected);
  });
});
