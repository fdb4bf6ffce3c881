/**
 * The keys of tenants and their contacts. Content is sealed with the contact's key, that is wrapped by the tenant's,
 * that by the installation's. Destroying a wrapped key erases all it sealed, in every copy. Unwrapped keys are kept
 * in memory at most 30 s, so that an erasure that closed the contact first can wait that out.
 */
import { createHmac } from 'node:crypto';

import type { Clock, Random } from '../ops/clock.ts';
import type { Batches } from './batches.ts';
import { type BaseRow, fieldsOf, operatorCollection } from './collection.ts';
import { KeyCache, type NamedKey } from './key-cache.ts';
import { derive, type MasterKey } from './master-key.ts';
import type { ScopedModel } from './model.ts';
import { asOperator, requireOwn } from './scope.ts';
import { type DataKey, type Place, seal, sealedBy, unseal } from './seal.ts';

/** Rows of a rotation that are read at once. */
const PAGE = 500;
/** Stands for no tenant: ids of tenants begin with `ten_`. */
const INSTALLATION = 'installation';

/** Whose content a key seals. A tenant's own key also wraps the keys of its contacts and groups. */
export type KeyOwner = { kind: 'tenant' } | { kind: 'contact' | 'group' | 'user'; id: string };

export interface KeyRow extends BaseRow {
  tenantId: string;
  kind: 'tenant' | 'contact' | 'group' | 'user' | 'canary';
  subjectId: string;
  /** Sealed secret; absent once destroyed. */
  wrapped?: Buffer | undefined;
  createdAt: Date;
  destroyedAt?: Date;
}

const ours = fieldsOf('controller');

export const Keys = operatorCollection<KeyRow>('keys', {
  database: 'keys',
  retention: 'keys',
  fields: {
    tenantId: ours.technical({ type: String, required: true }),
    kind: ours.technical({ type: String, required: true }),
    subjectId: ours.technical({ type: String, required: true }),
    wrapped: ours.sealedTechnical(),
    createdAt: ours.technical({ type: Date, required: true }),
    destroyedAt: ours.technical(Date),
  },
  indexes: [
    { keys: { tenantId: 1, kind: 1, subjectId: 1 }, options: { unique: true } },
    { keys: { subjectId: 1 } },
    { keys: { kind: 1, _id: 1 }, options: { partialFilterExpression: { kind: 'tenant' } } },
  ],
});

/** What an operator may see of a tenant's key. */
export interface TenantKey {
  keyId: string;
  tenantId: string;
  createdAt: Date;
  /** Place in `MasterKey.names`; undefined: by none of them. */
  wrappedBy: number | undefined;
}

/** The content is gone for good: its key was destroyed. */
export class ErasedError extends Error {
  override name = 'ErasedError';
}

interface Dependencies {
  model: ScopedModel<KeyRow>;
  batches: Batches;
  master: MasterKey;
  clock: Clock;
  random: Random;
  /** Names of kept keys. */
  limit?: number;
}

export class Keyring {
  readonly #of: Dependencies;
  readonly #cache: KeyCache;

  constructor(dependencies: Dependencies) {
    this.#of = dependencies;
    this.#cache = new KeyCache(dependencies.clock, dependencies.limit);
  }

  /** The owner's key; made at first use. @throws ErasedError when it was destroyed. */
  async keyOf(tenantId: string, owner: KeyOwner): Promise<DataKey> {
    requireOwn(tenantId);
    const subjectId = owner.kind === 'tenant' ? tenantId : owner.id;
    return this.#cache.get(nameOf({ tenantId, kind: owner.kind, subjectId }), async () => {
      const rows = await asOperator('keyring: key of an owner', () =>
        this.#of.batches.findBy(Keys, 'subjectId', tenantId, subjectId),
      );
      const row = rows.find(({ kind }) => kind === owner.kind);
      return row ? this.#named(row) : this.#create(tenantId, owner.kind, subjectId);
    });
  }

  /** The key with this id, if it is this tenant's. @throws ErasedError when it was destroyed or never was. */
  async keyById(tenantId: string, keyId: string): Promise<DataKey> {
    requireOwn(tenantId);
    return this.#cache.get(nameById(tenantId, keyId), async () => {
      const row = await asOperator('keyring: key by id', () => this.#of.batches.find(Keys, tenantId, keyId));
      if (!row) throw new ErasedError('The key of this content no longer exists.');
      return this.#named(row);
    });
  }

  /** Seals a JSON value for one field of one document. */
  async seal(owner: KeyOwner, place: Place, value: unknown): Promise<Buffer> {
    const key = await this.keyOf(place.tenantId, owner);
    return seal(this.#of.random, key, place, Buffer.from(JSON.stringify(value)));
  }

  /** Opens what `seal` made; the key is found by the id in the bytes, so linked contacts keep their own keys. @throws ErasedError */
  async open<Value>(place: Place, sealed: Buffer): Promise<Value> {
    const key = await this.keyById(place.tenantId, sealedBy(sealed));
    return JSON.parse(unseal(key, place, sealed).toString()) as Value;
  }

  /** Keyed digest of a normalised value for look-ups: 22 characters, the same for equal values of one tenant only. */
  async lookup(tenantId: string, kind: string, ...parts: string[]): Promise<string> {
    const tenantKey = await this.keyOf(tenantId, { kind: 'tenant' });
    return lookupDigest(lookupSecret(tenantKey, kind), parts);
  }

  /** The digests of many values, each as `lookup` gives it. */
  async lookups(tenantId: string, kind: string, values: string[]): Promise<string[]> {
    const secret = lookupSecret(await this.keyOf(tenantId, { kind: 'tenant' }), kind);
    return values.map((value) => lookupDigest(secret, [value]));
  }

  /** Destroys a contact's or group's key for ever. Other processes forget it within KEY_CACHE_MS. */
  async destroy(tenantId: string, owner: Exclude<KeyOwner, { kind: 'tenant' }>): Promise<void> {
    const filter = { tenantId, kind: owner.kind, subjectId: owner.id };
    const change = { $unset: { wrapped: 1 }, $set: { destroyedAt: new Date(this.#of.clock.now()) } };
    await asOperator('keyring: destroy', () => this.#of.model.updateOne(filter, change).exec());
    this.#cache.clear();
  }

  /** Proves at the start that MASTER_KEY is the one this database was made with. @throws SealError */
  async verifyMasterKey(): Promise<void> {
    const filter = { tenantId: INSTALLATION, kind: 'canary' as const, subjectId: 'master' };
    const row = await asOperator('keyring: canary', () =>
      this.#of.model.findOne(filter).lean<KeyRow>().exec(),
    );
    if (row) await this.#unwrap(row);
    else await this.#create(INSTALLATION, 'canary', 'master');
  }

  /** Keys that the installation's own wraps (one of each tenant), page by page; nothing of the secrets. */
  async tenantKeys(after: string | undefined, limit: number): Promise<TenantKey[]> {
    const rows = await this.#tenantRows(after, limit);
    return rows.flatMap(({ _id, tenantId, createdAt, wrapped }) =>
      wrapped
        ? [{ keyId: _id, tenantId, createdAt, wrappedBy: this.#of.master.indexOf('wrap', wrapped) }]
        : [],
    );
  }

  /**
   * Wraps with the installation's newest key what an older one wraps: secrets and digests stay, so processes that run
   * notice nothing. Whatever ended it, it may run again. @returns how many were wrapped anew
   */
  async rewrap(onProgress: (done: number) => void = () => undefined): Promise<number> {
    let done = await this.#rewrapRows(await this.#canaries());
    let after: string | undefined;
    for (;;) {
      const rows = await this.#tenantRows(after, PAGE);
      done += await this.#rewrapRows(rows);
      onProgress(done);
      after = rows.at(-1)?._id;
      if (rows.length < PAGE) return done;
    }
  }

  async #rewrapRows(rows: KeyRow[]): Promise<number> {
    const { master, model } = this.#of;
    let done = 0;
    for (const row of rows) {
      if (!row.wrapped || master.indexOf('wrap', row.wrapped) === 0) continue;
      const place = placeOf(row);
      const wrapped = master.seal('wrap', place, master.unseal('wrap', place, row.wrapped));
      const filter = { _id: row._id, wrapped: row.wrapped };
      const { modifiedCount } = await asOperator('keyring: rotation', () =>
        model.updateOne(filter, { $set: { wrapped } }).exec(),
      );
      done += modifiedCount;
    }
    return done;
  }

  async #tenantRows(after: string | undefined, limit: number): Promise<KeyRow[]> {
    const filter = {
      kind: 'tenant' as const,
      wrapped: { $exists: true },
      ...(after === undefined ? {} : { _id: { $gt: after } }),
    };
    return asOperator('keyring: keys of tenants', () =>
      this.#of.model.find(filter).sort({ _id: 1 }).limit(limit).lean<KeyRow[]>().exec(),
    );
  }

  async #canaries(): Promise<KeyRow[]> {
    return asOperator('keyring: canary', () =>
      this.#of.model.find({ tenantId: INSTALLATION }).lean<KeyRow[]>().exec(),
    );
  }

  async #create(tenantId: string, kind: KeyRow['kind'], subjectId: string): Promise<NamedKey> {
    const key: DataKey = { id: this.#of.random.bytes(16).toString('hex'), secret: this.#of.random.bytes(32) };
    const place = placeOf({ _id: key.id, tenantId });
    const wrapped = wrappedByTenant(kind)
      ? seal(this.#of.random, await this.keyOf(tenantId, { kind: 'tenant' }), place, key.secret)
      : this.#of.master.seal('wrap', place, key.secret);
    const row: KeyRow = {
      _id: key.id,
      tenantId,
      kind,
      subjectId,
      wrapped,
      createdAt: new Date(this.#of.clock.now()),
    };
    if (await asOperator('keyring: new key', () => this.#of.batches.insert(Keys, row))) {
      return { key, names: namesOf(row) };
    }
    const winner = await asOperator('keyring: key of an owner', () =>
      this.#of.model.findOne({ tenantId, kind, subjectId }).lean<KeyRow>().exec(),
    );
    if (!winner) throw new Error('A key was refused as a duplicate, but there is none.');
    return this.#named(winner);
  }

  async #named(row: KeyRow): Promise<NamedKey> {
    return { key: await this.#unwrap(row), names: namesOf(row) };
  }

  async #unwrap(row: KeyRow): Promise<DataKey> {
    if (!row.wrapped) throw new ErasedError('The key of this content was destroyed.');
    const place = placeOf(row);
    const secret = wrappedByTenant(row.kind)
      ? unseal(await this.keyOf(row.tenantId, { kind: 'tenant' }), place, row.wrapped)
      : this.#of.master.unseal('wrap', place, row.wrapped);
    return { id: row._id, secret };
  }
}

type Named = Pick<KeyRow, 'tenantId' | 'kind' | 'subjectId'>;
const nameOf = ({ tenantId, kind, subjectId }: Named) => `${tenantId}/${kind}/${subjectId}`;
const nameById = (tenantId: string, keyId: string) => `${tenantId}/#${keyId}`;
/** What it sealed names it by its id; who seals, by its owner. */
const namesOf = (row: KeyRow) => [nameOf(row), nameById(row.tenantId, row._id)];

/** Derived once per key and kind; goes with the key. */
const lookupSecrets = new WeakMap<DataKey, Map<string, Buffer>>();

function lookupSecret(key: DataKey, kind: string): Buffer {
  const known = lookupSecrets.get(key) ?? new Map<string, Buffer>();
  lookupSecrets.set(key, known);
  const secret = known.get(kind) ?? derive(key.secret, `lookup/${kind}`, 32);
  known.set(kind, secret);
  return secret;
}

function lookupDigest(secret: Buffer, parts: string[]): string {
  return createHmac('sha256', secret).update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
}

function wrappedByTenant(kind: KeyRow['kind']): boolean {
  return kind === 'contact' || kind === 'group' || kind === 'user';
}

function placeOf(row: { _id: string; tenantId: string }): Place {
  return { tenantId: row.tenantId, collection: 'keys', id: row._id, field: 'wrapped' };
}
