import { describe, expect, it } from '@jest/globals';

import { GroupCommit } from '../../src/lanes/group-commit.ts';

/** A write that ends when the test says so. */
function heldWrites() {
  const writes: { items: number[]; end: (error?: Error) => void }[] = [];
  const commit = new GroupCommit<number, string>(
    (items) =>
      new Promise((resolve, reject) => {
        writes.push({
          items,
          end: (error) => (error ? reject(error) : resolve(items.map((item) => `#${item}`))),
        });
      }),
    3,
  );
  return { writes, commit };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('group commit', () => {
  it('writes at once when it is quiet', async () => {
    const { writes, commit } = heldWrites();
    void commit.add(1);
    await settled();
    expect(writes.map(({ items }) => items)).toEqual([[1]]);
  });

  it('lets what comes during a write go together with the next, up to the limit, in order', async () => {
    const { writes, commit } = heldWrites();
    const first = commit.add(1);
    await settled();
    const results = Promise.all([first, ...[2, 3, 4, 5].map((item) => commit.add(item))]);
    expect(writes.map(({ items }) => items)).toEqual([[1]]);
    writes[0]?.end();
    await settled();
    expect(writes.map(({ items }) => items)).toEqual([[1], [2, 3, 4]]);
    writes[1]?.end();
    await settled();
    writes[2]?.end();
    expect(await results).toEqual(['#1', '#2', '#3', '#4', '#5']);
  });

  it('fails only the waiters of the write that failed', async () => {
    const { writes, commit } = heldWrites();
    const first = commit.add(1);
    await settled();
    const second = commit.add(2);
    writes[0]?.end(new Error('away'));
    await expect(first).rejects.toThrow('away');
    writes[1]?.end();
    await expect(second).resolves.toBe('#2');
  });

  it('fails loudly when a write gives another number of results', async () => {
    const commit = new GroupCommit<number, string>(() => Promise.resolve([]), 3);
    await expect(commit.add(1)).rejects.toThrow(/one result per item/);
  });
});
