/** P8 and the envelope: what is sealed opens only in its place, for its tenant, while its key lives. */
import { randomBytes } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { collections } from '../../src/collections.ts';
import { systemRandom } from '../../src/ops/clock.ts';
import { ErasedError, KEY_CACHE_MS } from '../../src/store/keyring.ts';
import { MasterKey } from '../../src/store/master-key.ts';
import { type Place, seal, SealError, unseal } from '../../src/store/seal.ts';
import { Store } from '../../src/store/store.ts';
import { ManualClock } from '../support/clock.ts';
import { type TestContext, testContext } from '../support/context.ts';

const clock = new ManualClock();
let ctx: TestContext;
beforeAll(async () => {
  ctx = await testContext({ clock });
});
afterAll(async () => ctx.close());

const place: Place = { tenantId: 'ten_a', collection: 'messages', id: 'msg_1', field: 'content' };
const contact = { kind: 'contact' as const, id: 'con_1' };

describe('sealed bytes', () => {
  const key = { id: randomBytes(16).toString('hex'), secret: randomBytes(32) };

  it('open to what was sealed, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const plain = Buffer.from(bytes);
        expect(unseal(key, place, seal(systemRandom, key, place, plain)).equals(plain)).toBe(true);
      }),
    );
  });

  it.each(['tenantId', 'collection', 'id', 'field'] as const)(
    'do not open when moved to another %s',
    (part) => {
      const sealed = seal(systemRandom, key, place, Buffer.from('secret'));
      expect(() => unseal(key, { ...place, [part]: 'other' }, sealed)).toThrow(SealError);
    },
  );

  it('do not open when any byte changes', () => {
    const sealed = seal(systemRandom, key, place, Buffer.from('secret'));
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => unseal(key, place, changed)).toThrow(SealError);
    }
  });
});

describe('keyring', () => {
  it('opens a contact’s content by the key named in it', async () => {
    const sealed = await ctx.store.keyring.seal(contact, place, { body: 'שלום' });
    expect(sealed.toString('utf8')).not.toContain('שלום');
    expect(await ctx.store.keyring.open(place, sealed)).toEqual({ body: 'שלום' });
  });

  it('makes one key when several processes need it first', async () => {
    const keys = await Promise.all(
      Array.from({ length: 8 }, () =>
        ctx.store.keyring.keyOf('ten_race', { kind: 'contact', id: 'con_race' }),
      ),
    );
    expect(new Set(keys.map(({ id }) => id)).size).toBe(1);
  });

  it('gives equal values of two tenants different look-up digests', async () => {
    const of = (tenantId: string) => ctx.store.keyring.lookup(tenantId, 'identity', 'phone', '972500000000');
    expect(await of('ten_a')).toBe(await of('ten_a'));
    expect(await of('ten_a')).not.toBe(await of('ten_b'));
  });

  it("does not open another tenant's content, not even by key id", async () => {
    const sealed = await ctx.store.keyring.seal(contact, place, 'x');
    await expect(ctx.store.keyring.open({ ...place, tenantId: 'ten_b' }, sealed)).rejects.toThrow(
      ErasedError,
    );
  });

  it('erased is gone: a destroyed key opens nothing and seals nothing any more', async () => {
    const gone = { kind: 'contact' as const, id: 'con_gone' };
    const sealed = await ctx.store.keyring.seal(gone, place, 'x');
    await ctx.store.keyring.destroy('ten_a', gone);
    await expect(ctx.store.keyring.open(place, sealed)).rejects.toThrow(ErasedError);
    await expect(ctx.store.keyring.seal(gone, place, 'y')).rejects.toThrow(ErasedError);
  });

  it('another process forgets a destroyed key after KEY_CACHE_MS', async () => {
    const master = new MasterKey(
      (ctx.settings.MASTER_KEY ?? []).map((key) => Buffer.from(key, 'base64')),
      systemRandom,
    );
    const other = await Store.open({
      uri: ctx.settings.MONGODB_URI ?? '',
      master,
      clock,
      random: systemRandom,
      collections,
    });
    const gone = { kind: 'contact' as const, id: 'con_elsewhere' };
    const sealed = await ctx.store.keyring.seal(gone, place, 'x');
    expect(await other.keyring.open(place, sealed)).toBe('x');
    await ctx.store.keyring.destroy('ten_a', gone);
    clock.advance(KEY_CACHE_MS + 1);
    await expect(other.keyring.open(place, sealed)).rejects.toThrow(ErasedError);
    await other.close();
  });

  it('refuses to start with another master key than the database was made with', async () => {
    const wrong = new MasterKey([randomBytes(32)], systemRandom);
    await expect(
      Store.open({
        uri: ctx.settings.MONGODB_URI ?? '',
        master: wrong,
        clock,
        random: systemRandom,
        collections,
      }),
    ).rejects.toThrow(/MASTER_KEY/);
  });

  it('opens with the old key during a rotation', async () => {
    const old = (ctx.settings.MASTER_KEY ?? []).map((key) => Buffer.from(key, 'base64'));
    const master = new MasterKey([randomBytes(32), ...old], systemRandom);
    const rotated = await Store.open({
      uri: ctx.settings.MONGODB_URI ?? '',
      master,
      clock,
      random: systemRandom,
      collections,
    });
    const sealed = await ctx.store.keyring.seal(contact, place, 'x');
    expect(await rotated.keyring.open(place, sealed)).toBe('x');
    await rotated.close();
  });
});
