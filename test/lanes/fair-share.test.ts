/** Fair share: whoever floods waits behind the others; nobody else does. */
import { describe, expect, it } from '@jest/globals';

import { FairShare } from '../../src/lanes/fair-share.ts';
import { ManualClock } from '../support/clock.ts';

function receive(share: FairShare, counts: Record<string, number>): Record<string, number> {
  const last: Record<string, number> = {};
  const most = Math.max(...Object.values(counts));
  for (let turn = 0; turn < most; turn += 1) {
    for (const [number, count] of Object.entries(counts)) {
      if (turn < count) last[number] = share.priorityOf(number);
    }
  }
  return last;
}

describe('fair share', () => {
  it('lets everybody go first while nobody brings much', () => {
    expect(receive(new FairShare(new ManualClock()), { one: 90, other: 3 })).toEqual({ one: 0, other: 0 });
  });

  it('puts a flooding number behind, and nobody else', () => {
    const counts = { flood: 5_000, quiet: 20, other: 60 };
    const last = receive(new FairShare(new ManualClock()), counts);
    expect(last).toMatchObject({ quiet: 0, other: 0 });
    expect(last.flood).toBeGreaterThan(0);
  });

  it('puts none of many alike behind', () => {
    const counts = Object.fromEntries(Array.from({ length: 10 }, (_item, index) => [`n${index}`, 500]));
    expect(Object.values(receive(new FairShare(new ManualClock()), counts))).toEqual(Array(10).fill(0));
  });

  it('forgets a flood that ended', () => {
    const clock = new ManualClock();
    const share = new FairShare(clock);
    receive(share, { flood: 5_000, quiet: 10 });
    clock.advance(2_100);
    expect(share.priorityOf('flood')).toBeGreaterThan(0);
    clock.advance(2_100);
    clock.advance(2_100);
    expect(share.priorityOf('flood')).toBe(0);
  });
});
