/** The table of Graph API error codes: one classifier for answers and for `failed` statuses. */
import { describe, expect, it } from '@jest/globals';

import { classify, pauseAfter } from '../../src/whatsapp/errors.ts';
import { failureText } from '../../src/whatsapp/failure-reasons.ts';

describe('a code', () => {
  it.each([
    [1, 'retry', 'message', 3],
    [2, 'retry', 'message', 10],
    [4, 'retry', 'app', 12],
    [80007, 'retry', 'account', 12],
    [130429, 'retry', 'number', 12],
    [131000, 'retry', 'message', 3],
    [131016, 'retry', 'message', 10],
    [131056, 'retry', 'pair', 8],
    [131057, 'retry', 'number', 15],
    [131208, 'retry', 'number', 12],
    [134101, 'retry', 'message', 3],
    [2494100, 'retry', 'number', 15],
  ])('%i is tried again: %s, %s, %i times', (code, action, scope, maxTries) => {
    expect(classify(code)).toMatchObject({ action, scope, maxTries });
  });

  it.each([0, 3, 10, 33, 104, 190, 200, 299, 368, 131005, 131031, 131037, 131045, 133010])(
    '%i pauses the channel, whatever the HTTP status says',
    (code) => {
      expect(classify(code, 500).action).toBe('pause');
    },
  );

  it.each([
    ...[
      100, 130403, 130472, 130497, 131008, 131009, 131014, 131020, 131021, 131026, 131030, 131035, 131036,
      131041,
    ],
    ...[
      131042, 131044, 131047, 131048, 131049, 131050, 131051, 131052, 131053, 131055, 131062, 131063, 131064,
    ],
    ...[
      131201, 131202, 131204, 131207, 131209, 131215, 132000, 132001, 132005, 132007, 132008, 132012, 132015,
    ],
    ...[132016, 132018, 132068, 132069, 134011, 134100, 134102, 135000, 137000],
  ])('%i is the end for its message only, whatever the HTTP status says', (code) => {
    expect(classify(code, 500)).toMatchObject({ action: 'fail', scope: 'message' });
  });

  it.each([
    [429, 'retry', 4],
    [500, 'retry', 4],
    [503, 'retry', 4],
    [400, 'fail', 1],
    [403, 'fail', 1],
    [undefined, 'fail', 1],
  ])('that is not known follows the HTTP status %s: %s, %i tries', (httpStatus, action, maxTries) => {
    expect(classify(987_654, httpStatus)).toMatchObject({ action, maxTries });
  });
});

describe('the pause', () => {
  it('of the pair limit is 4^X seconds', () => {
    const rule = classify(131056);
    expect([1, 2, 3, 4].map((tries) => pauseAfter(rule, tries))).toEqual([1_000, 4_000, 16_000, 64_000]);
  });

  it('doubles, up to a longest one', () => {
    const rule = classify(2);
    expect([1, 2, 3, 20].map((tries) => pauseAfter(rule, tries))).toEqual([2_000, 4_000, 8_000, 300_000]);
  });
});

describe('a reason', () => {
  it('of every rule has a title and a detail for people', () => {
    for (const code of [1, 4, 100, 190, 131026, 131047, 131056, 131064, 132000, 132015, 133010]) {
      const { title, detail } = failureText(classify(code).reason);
      expect(title).toMatch(/^[A-Z].{5,}/);
      expect(detail).toMatch(/\.$/);
    }
  });

  it.each(['', 'constructor', 'no-such-word'])('"%s" that is not ours is explained as a refusal', (word) => {
    expect(failureText(word)).toEqual(failureText('refused'));
  });
});
