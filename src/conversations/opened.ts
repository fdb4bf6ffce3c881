/**
 * Opens the sealed fields of a whole page at once. Each key is read one time: of the values under one key the first
 * is opened alone and leaves the key in the keyring's cache for the rest.
 */
import type { Context } from '../context.ts';
import { ErasedError } from '../store/keyring.ts';
import { type Place, sealedBy } from '../store/seal.ts';

export interface SealedField {
  place: Place;
  sealed: Buffer | undefined;
}

const ERASED = Symbol('erased');

/** Opened values, asked for by the sealed bytes they came from. */
export class Opened {
  readonly #values = new Map<Buffer, unknown>();

  set(sealed: Buffer, value: unknown): void {
    this.#values.set(sealed, value);
  }

  /** The value; undefined when the field is absent or was erased. */
  value<Value>(sealed: Buffer | undefined): Value | undefined {
    const value = sealed && this.#values.get(sealed);
    return value === ERASED ? undefined : (value as Value | undefined);
  }

  /** True when the field was written and its key has been destroyed since. */
  isErased(sealed: Buffer | undefined): boolean {
    return sealed !== undefined && this.#values.get(sealed) === ERASED;
  }
}

/** @throws SealError when bytes were changed or stand in another place than they were sealed for. */
export async function openAll(ctx: Context, tenantId: string, fields: SealedField[]): Promise<Opened> {
  const opened = new Opened();
  const byKey = new Map<string, { place: Place; sealed: Buffer }[]>();
  for (const { place, sealed } of fields) {
    if (!sealed) continue;
    const keyId = sealedBy(sealed);
    byKey.set(keyId, [...(byKey.get(keyId) ?? []), { place, sealed }]);
  }
  if (byKey.size === 0) return opened;
  await ctx.store.keyring.keyOf(tenantId, { kind: 'tenant' }); // wraps all the others
  await Promise.all([...byKey.values()].map((group) => openGroup(ctx, opened, group)));
  return opened;
}

/** Values under one key: when the first can't be opened for good, none can. */
async function openGroup(
  ctx: Context,
  opened: Opened,
  group: { place: Place; sealed: Buffer }[],
): Promise<void> {
  try {
    for (const { place, sealed } of group) opened.set(sealed, await ctx.store.keyring.open(place, sealed));
  } catch (error) {
    if (!(error instanceof ErasedError)) throw error;
    for (const { sealed } of group) opened.set(sealed, ERASED);
  }
}
