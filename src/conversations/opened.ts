/** Opens the sealed fields of a whole page at once: each key is asked for one time, and opens all that it sealed. */
import type { Context } from '../context.ts';
import { ErasedError } from '../store/keyring.ts';
import { type Place, sealedBy, unseal } from '../store/seal.ts';

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
  const byKey = new Map<string, Group>();
  for (const { place, sealed } of fields) {
    if (!sealed) continue;
    const keyId = sealedBy(sealed);
    const group = byKey.get(keyId);
    if (group) group.push({ place, sealed });
    else byKey.set(keyId, [{ place, sealed }]);
  }
  if (byKey.size === 0) return opened;
  await ctx.store.keyring.keyOf(tenantId, { kind: 'tenant' }); // wraps all the others
  await Promise.all([...byKey].map(([keyId, group]) => openGroup(ctx, opened, { tenantId, keyId, group })));
  return opened;
}

type Group = { place: Place; sealed: Buffer }[];

/** Values under one key: when it is gone, all of them are. */
async function openGroup(
  ctx: Context,
  opened: Opened,
  { tenantId, keyId, group }: { tenantId: string; keyId: string; group: Group },
): Promise<void> {
  try {
    const key = await ctx.store.keyring.keyById(tenantId, keyId);
    for (const { place, sealed } of group) {
      opened.set(sealed, JSON.parse(unseal(key, place, sealed).toString()));
    }
  } catch (error) {
    if (!(error instanceof ErasedError)) throw error;
    for (const { sealed } of group) opened.set(sealed, ERASED);
  }
}
