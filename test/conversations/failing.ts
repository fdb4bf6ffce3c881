/** Work that is cut off in its midst. */
import type { Batches } from '../../src/store/batches.ts';
import type { TestContext } from '../support/context.ts';

/** A context whose store breaks at the nth write. */
export function failing(ctx: TestContext, at: number): TestContext {
  let done = 0;
  const { store } = ctx;
  const orBreak = <Method extends 'insert' | 'update'>(name: Method): Batches[Method] => {
    const whole = store.batches[name].bind(store.batches) as (...all: unknown[]) => Promise<unknown>;
    return ((...all: unknown[]) => {
      done += 1;
      return done === at ? Promise.reject(new Error('cut off')) : whole(...all);
    }) as Batches[Method];
  };
  const batches = Object.assign(Object.create(store.batches) as Batches, {
    find: store.batches.find.bind(store.batches),
    findBy: store.batches.findBy.bind(store.batches),
    findRecent: store.batches.findRecent.bind(store.batches),
    keep: store.batches.keep.bind(store.batches),
    insert: orBreak('insert'),
    update: orBreak('update'),
  });
  const broken = {
    keyring: store.keyring,
    batches,
    model: store.model.bind(store),
  } as unknown as TestContext['store'];
  return { ...ctx, store: broken };
}
