/** Waiting that ends. */
import { describe, expect, it } from '@jest/globals';

import { inTime } from '../../src/ops/in-time.ts';
import { SafeError } from '../../src/ops/log.ts';

describe('an answer in time', () => {
  it('is handed on, and so is a failure', async () => {
    expect(await inTime(Promise.resolve(7), 60_000)).toBe(7);
    await expect(inTime(Promise.reject(new Error('no')), 60_000)).rejects.toThrow('no');
  });

  it('that is late is not waited for', async () => {
    const never = new Promise(() => undefined);
    const outcome = inTime(never, 1, 'Too late.');
    await expect(outcome).rejects.toThrow(SafeError);
    await expect(outcome).rejects.toThrow('Too late.');
  });
});
