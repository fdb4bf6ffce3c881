/**
 * The installation's key: wraps every tenant key, and by derivation seals what waits outside the database
 * (Redis, spool, cached routes) and names lanes. The first of several is used for new work, all open old work.
 */
import { createHmac, hkdfSync } from 'node:crypto';

import type { Random } from '../ops/clock.ts';
import { type DataKey, type Place, seal, sealedBy, SealError, unseal } from './seal.ts';

export type Purpose = 'wrap' | 'transit' | 'parked' | 'routes';
type DigestPurpose = 'lane' | 'person' | 'media-link';

export class MasterKey {
  readonly #keys: Buffer[];
  readonly #random: Random;

  constructor(keys: Buffer[], random: Random) {
    if (keys.length === 0) throw new Error('The installation needs at least one master key.');
    this.#keys = keys;
    this.#random = random;
  }

  seal(purpose: Purpose, place: Omit<Place, 'tenantId'> & { tenantId?: string }, plain: Buffer): Buffer {
    return seal(this.#random, this.#derived(purpose)[0] as DataKey, { tenantId: '', ...place }, plain);
  }

  /** @throws SealError when none of the installation's keys sealed these bytes. */
  unseal(purpose: Purpose, place: Omit<Place, 'tenantId'> & { tenantId?: string }, sealed: Buffer): Buffer {
    const id = sealedBy(sealed);
    const key = this.#derived(purpose).find((candidate) => candidate.id === id);
    if (!key) {
      throw new SealError(
        "None of the installation's master keys sealed these bytes; is MASTER_KEY the right one?",
      );
    }
    return unseal(key, { tenantId: '', ...place }, sealed);
  }

  /** Names by which an operator tells the keys apart, the one for new work first; they say nothing of the keys. */
  get names(): string[] {
    return this.#derived('wrap').map(({ id }) => id.slice(0, 8));
  }

  /** Place in `names` of the key that sealed these bytes: 0 for the newest; undefined for none of them. */
  indexOf(purpose: Purpose, sealed: Buffer): number | undefined {
    const id = sealedBy(sealed);
    const index = this.#derived(purpose).findIndex((key) => key.id === id);
    return index === -1 ? undefined : index;
  }

  /** Keyed digest for names in Redis (lanes), look-ups (people) and signed links: the same on every process of the installation. */
  digest(purpose: DigestPurpose, ...parts: string[]): Buffer {
    return this.digests(purpose, ...parts)[0] as Buffer;
  }

  /** The same by each of the installation's keys: what was named before a rotation is found by an older one. */
  digests(purpose: DigestPurpose, ...parts: string[]): Buffer[] {
    const known = this.#digestKeys.get(purpose) ?? this.#keys.map((key) => derive(key, purpose, 32));
    this.#digestKeys.set(purpose, known);
    return known.map((key) => createHmac('sha256', key).update(JSON.stringify(parts)).digest());
  }

  /** 32 secret bytes for signing, from each of the installation's keys; the first is used for new signatures. */
  signingSeeds(purpose: 'audit-checkpoint'): Buffer[] {
    return this.#keys.map((key) => derive(key, purpose, 32));
  }

  readonly #digestKeys = new Map<string, Buffer[]>();

  #cache = new Map<Purpose, DataKey[]>();

  #derived(purpose: Purpose): DataKey[] {
    const known = this.#cache.get(purpose);
    if (known) return known;
    const keys = this.#keys.map((key) => ({
      id: derive(key, `${purpose}/id`, 16).toString('hex'),
      secret: derive(key, purpose, 32),
    }));
    this.#cache.set(purpose, keys);
    return keys;
  }
}

/** HKDF-SHA256 of a key for one purpose. */
export function derive(key: Buffer, purpose: string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', `whatsper/${purpose}`, length));
}
