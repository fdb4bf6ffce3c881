/**
 * Sealed bytes: AES-256-GCM with the key's id in front, bound to the place where they stand.
 *
 *   1 byte version (1) · 16 bytes key id · 12 bytes nonce · ciphertext · 16 bytes tag
 *
 * The place (tenant, collection, document, field) is additional data: a value copied to another row, field or
 * tenant does not open.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';

import type { Random } from '../ops/clock.ts';

export interface DataKey {
  /** 32 hexadecimal digits. */
  id: string;
  /** 32 bytes. */
  secret: Buffer;
}

export interface Place {
  tenantId: string;
  collection: string;
  id: string;
  field: string;
}

const VERSION = 1;
const HEADER = 17;
const NONCE = 12;
const TAG = 16;

export class SealError extends Error {
  override name = 'SealError';
}

function additionalData({ tenantId, collection, id, field }: Place): Buffer {
  return Buffer.from(JSON.stringify([tenantId, collection, id, field]));
}

export function seal(random: Random, key: DataKey, place: Place, plain: Buffer): Buffer {
  const nonce = random.bytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key.secret, nonce).setAAD(additionalData(place));
  const sealed = Buffer.allocUnsafe(HEADER + NONCE + plain.length + TAG);
  sealed[0] = VERSION;
  sealed.write(key.id, 1, 'hex');
  nonce.copy(sealed, HEADER);
  cipher.update(plain).copy(sealed, HEADER + NONCE);
  cipher.final(); // GCM gives every byte with `update`
  cipher.getAuthTag().copy(sealed, sealed.length - TAG);
  return sealed;
}

/** Id of the key that opens these bytes. @throws SealError when they are not sealed bytes. */
export function sealedBy(sealed: Buffer): string {
  if (sealed.length < HEADER + NONCE + TAG || sealed[0] !== VERSION) {
    throw new SealError('Not sealed bytes of a known version.');
  }
  return sealed.subarray(1, HEADER).toString('hex');
}

/** @throws SealError when the key is another, the bytes were changed, or they stand in another place. */
export function unseal(key: DataKey, place: Place, sealed: Buffer): Buffer {
  if (sealedBy(sealed) !== key.id) throw new SealError('Sealed by another key.');
  const nonce = sealed.subarray(HEADER, HEADER + NONCE);
  const decipher = createDecipheriv('aes-256-gcm', key.secret, nonce)
    .setAAD(additionalData(place))
    .setAuthTag(sealed.subarray(sealed.length - TAG));
  try {
    return Buffer.concat([
      decipher.update(sealed.subarray(HEADER + NONCE, sealed.length - TAG)),
      decipher.final(),
    ]);
  } catch {
    throw new SealError('The sealed bytes were changed or moved.');
  }
}
