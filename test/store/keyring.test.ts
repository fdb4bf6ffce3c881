/** P8 and the envelope: what is sealed opens only in its place, for its tenant, while its key lives. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';

import { collections } from '../../src/collections.ts';
import type { Context } from '../../src/context.ts';
import { findDeadLetter, listDeadLetters, openItem, parkItem } from '../../src/lanes/dead-letters.ts';
import { keysOfPerson } from '../../src/lanes/person.ts';
import { countParked, resealParked } from '../../src/lanes/reseal.ts';
import { systemRandom } from '../../src/ops/clock.ts';
import { KEY_CACHE_MS } from '../../src/store/key-cache.ts';
import {
  environmentKeys,
  fileKeys,
  type MasterKeyProvider,
  masterKeyProvider,
} from '../../src/store/key-providers.ts';
import { ErasedError, Keyring } from '../../src/store/keyring.ts';
import { MasterKey } from '../../src/store/master-key.ts';
import { type Place, seal, SealError, unseal } from '../../src/store/seal.ts';
import { Store } from '../../src/store/store.ts';
import { addApp, listApps, resealApps } from '../../src/tenants/apps.ts';
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
const unrouted = {
  kind: 'message' as const,
  app: 'default',
  wabaId: '1',
  field: 'messages',
  phoneNumberId: '900100',
  position: 1,
  body: {
    message: { id: 'wamid.1', from: '972500000009', type: 'text', text: { body: 'hello' } },
    contacts: [],
  },
};

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

  it('keys in use stay in memory: beyond the limit the oldest go, not all', async () => {
    const sealed: Buffer[] = [];
    for (let number = 0; number < 20; number += 1) {
      sealed.push(await ctx.store.keyring.seal({ kind: 'contact', id: `con_kept_${number}` }, place, 'x'));
    }
    const { batches } = ctx.store;
    const reads = jest.spyOn(batches, 'find');
    const master = new MasterKey(
      (ctx.settings.MASTER_KEY ?? []).map((key) => Buffer.from(key, 'base64')),
      systemRandom,
    );
    const keyring = new Keyring({
      model: {} as never,
      batches,
      master,
      clock,
      random: systemRandom,
      limit: 6,
    });
    for (const [number, one] of sealed.entries()) {
      expect(await keyring.open(place, one)).toBe('x');
      expect(await keyring.open(place, sealed[Math.max(0, number - 1)] as Buffer)).toBe('x');
    }
    expect(reads).toHaveBeenCalledTimes(sealed.length);
    reads.mockRestore();
  });

  it('a key that was opened by its id is known by its owner too: who answers does not read it again', async () => {
    const mine = { kind: 'contact' as const, id: 'con_read_once' };
    const sealed = await ctx.store.keyring.seal(mine, place, 'x');
    clock.advance(KEY_CACHE_MS + 1);
    expect(await ctx.store.keyring.open(place, sealed)).toBe('x');
    const finds = jest.spyOn(ctx.store.batches, 'findBy');
    await ctx.store.keyring.seal(mine, place, 'y');
    expect(finds).not.toHaveBeenCalled();
    finds.mockRestore();
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

describe('rotation of the installation’s key', () => {
  it('puts every key of a tenant, app and parked item under the newest, so that the old one can go', async () => {
    const rotating = await testContext({ clock });
    const old = (rotating.settings.MASTER_KEY ?? []).map((key) => Buffer.from(key, 'base64'));
    const open = (master: MasterKey) =>
      Store.open({
        uri: rotating.settings.MONGODB_URI ?? '',
        master,
        clock,
        random: systemRandom,
        collections,
      });
    const sealed = await rotating.store.keyring.seal(contact, place, 'x');
    const digest = await rotating.store.keyring.lookup('ten_a', 'identity', 'phone', '972500000000');
    await addApp(rotating, { name: 'own', secret: 'secret-of-an-app' });
    await parkItem(rotating, unrouted, { reason: 'unrouted', detail: 'Nobody has it.', attempts: 1 });
    const newest = randomBytes(32);
    const both = new MasterKey([newest, ...old], systemRandom);
    const between: Context = { ...rotating, master: both, store: await open(both) };
    expect(await between.store.keyring.tenantKeys(undefined, 10)).toMatchObject([
      { tenantId: 'ten_a', wrappedBy: 1 },
    ]);
    const people = await keysOfPerson(between, '972500000009');
    expect(await listDeadLetters(between, { people }, 10)).toHaveLength(1);

    expect(await between.store.keyring.rewrap()).toBe(2); // the canary and one tenant
    expect([await resealApps(between), await resealParked(between)]).toEqual([1, 1]);
    expect(await between.store.keyring.rewrap()).toBe(0);
    expect([await resealApps(between), await resealParked(between)]).toEqual([0, 0]);
    await between.store.close();

    const alone = new MasterKey([newest], systemRandom);
    const after: Context = { ...rotating, master: alone, store: await open(alone) };
    expect(await after.store.keyring.open(place, sealed)).toBe('x');
    expect(await after.store.keyring.lookup('ten_a', 'identity', 'phone', '972500000000')).toBe(digest);
    expect(await listApps(after)).toMatchObject([{ app: 'own', secrets: 1 }]);
    const [parked] = await listDeadLetters(after, { people: await keysOfPerson(after, '972500000009') }, 10);
    const row = await findDeadLetter(after, parked?._id ?? '');
    expect((await openItem(after, row)).phoneNumberId).toBe(unrouted.phoneNumberId);
    expect(await countParked(after)).toEqual({ byKey: [1], unreadable: 0 });
    await after.store.close();
    await expect(open(new MasterKey(old, systemRandom))).rejects.toThrow(/MASTER_KEY/);
    await rotating.close();
  });
});

/** The contract of whatever gives the installation's keys; a key management service is held to it, too. */
function givesKeys(make: (keys: Buffer[]) => Promise<MasterKeyProvider>): void {
  it('gives the keys in their order, the same each time', async () => {
    const keys = [randomBytes(32), randomBytes(32)];
    const provider = await make(keys);
    expect(await provider.load()).toEqual(keys);
    expect(await provider.load()).toEqual(keys);
  });

  it('refuses what is no key of 32 bytes, and quotes nothing of it', async () => {
    const provider = make([Buffer.from('too-short-to-be-one')]);
    await expect(provider.then((made) => made.load())).rejects.toThrow(/^(?!.*too-short).*32 bytes/);
  });

  it('says what to put back when the database was made with another key', async () => {
    const provider = await make([randomBytes(32)]);
    await provider.load();
    const { name, message } = await provider.refused();
    expect(name).toBe('SealError');
    expect(message).toMatch(/not the key that this database was made with\. Put the right one back/);
  });
}

describe('keys from the environment', () => {
  givesKeys((keys) => Promise.resolve(environmentKeys(keys.map((key) => key.toString('base64')))));
});

describe('keys from a file', () => {
  const path = join(tmpdir(), `whatsper-keys-${randomBytes(6).toString('hex')}`);
  afterAll(async () => rm(path, { force: true }));
  givesKeys(async (keys) => {
    await writeFile(path, `${keys.map((key) => key.toString('base64')).join('\n')}\n`);
    return fileKeys(path);
  });

  it('a lost file is told, with what to do', async () => {
    await expect(fileKeys(`${path}.lost`).load()).rejects.toThrow(
      /MASTER_KEY_FILE.*ENOENT.*restore it from its copy/,
    );
    await writeFile(path, '\n');
    await expect(fileKeys(path).load()).rejects.toThrow(/empty/);
  });
});

describe('a key that is made in DATA_DIR', () => {
  it('is put aside when the database was made with one that is missing, and opens what was sealed with it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'whatsper-made-key-'));
    const file = join(folder, 'master.key');
    const settings = { MASTER_KEY: undefined, MASTER_KEY_FILE: undefined, DATA_DIR: folder };
    const first = masterKeyProvider(settings, ctx.log);
    expect(await first.load()).toHaveLength(1);
    const later = masterKeyProvider(settings, ctx.log);
    await later.load();
    expect((await later.refused()).message).toContain('The key in DATA_DIR/master.key is not the key');
    expect(await readdir(folder)).toEqual(['master.key']);
    const copy = await readFile(file, 'utf8');
    await rm(file);
    const afterLoss = masterKeyProvider(settings, ctx.log);
    const [made] = await afterLoss.load();
    expect((await afterLoss.refused()).message).toMatch(/master\.key is missing.*Put its copy back/);
    const [aside = ''] = await readdir(folder);
    expect(aside).toMatch(/^master\.key\.made-/);
    // A supervisor that starts it again and again does not fill the folder.
    await expect(masterKeyProvider(settings, ctx.log).load()).rejects.toThrow(/master\.key is missing/);
    expect(await readdir(folder)).toEqual([aside]);
    // With both, as the message says.
    await writeFile(file, copy + (await readFile(join(folder, aside), 'utf8')));
    const both = await masterKeyProvider(settings, ctx.log).load();
    expect(both[1]).toEqual(made);
    await rm(folder, { recursive: true });
  });

  it('that was put back meanwhile is left where it is', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'whatsper-made-key-'));
    const settings = { MASTER_KEY: undefined, MASTER_KEY_FILE: undefined, DATA_DIR: folder };
    const provider = masterKeyProvider(settings, ctx.log);
    await provider.load();
    const restored = `${randomBytes(32).toString('base64')}\n`;
    await writeFile(join(folder, 'master.key'), restored);
    await provider.refused();
    expect(await readdir(folder)).toEqual(['master.key']);
    expect(await readFile(join(folder, 'master.key'), 'utf8')).toBe(restored);
    await rm(folder, { recursive: true });
  });
});
