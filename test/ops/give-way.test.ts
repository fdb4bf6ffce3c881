import { describe, expect, it } from '@jest/globals';

import { mapInParts } from '../../src/ops/give-way.ts';

describe('work in parts', () => {
  it('keeps the order, and lets others have their turn between the parts', async () => {
    const steps: (number | string)[] = [];
    setImmediate(() => steps.push('another'));
    const results = await mapInParts([1, 2, 3, 4, 5], 2, (item) => {
      steps.push(item);
      return item * 10;
    });
    expect(results).toEqual([10, 20, 30, 40, 50]);
    expect(steps).toEqual([1, 2, 'another', 3, 4, 5]);
  });

  it('does what fits into one part at once', () => {
    const seen: number[] = [];
    void mapInParts([1, 2], 2, (item) => seen.push(item));
    expect(seen).toEqual([1, 2]);
  });
});
