/**
 * Checkpoints: what a chain was at a time, signed, to be kept where whoever can write the database can't. A chain alone
 * shows a change inside it; that its end was cut off, or that it was made anew from its beginning, only a checkpoint
 * shows.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

import { z } from 'zod';

import type { MasterKey } from '../store/master-key.ts';
import { canonical } from './chain.ts';

const CheckpointSchema = z.strictObject({
  version: z.literal(1),
  tenantId: z.string(),
  /** The last entry's number; numbers have no gaps, so it is the count, too. */
  seq: z.int().positive(),
  count: z.int().positive(),
  /** The last entry's hash. */
  head: z.string().regex(/^[0-9a-f]{64}$/),
  /** ISO 8601, UTC. */
  at: z.iso.datetime(),
  /** Which key signed: the first 16 characters of the SHA-256 of its public key, hexadecimal. */
  keyId: z.string(),
  /** Ed25519 over the canonical JSON of the rest, base64. */
  signature: z.string(),
});
export type Checkpoint = z.infer<typeof CheckpointSchema>;

interface SigningKey {
  id: string;
  secret: KeyObject;
  public: KeyObject;
}

/** What stands in front of the 32 bytes of an Ed25519 key (RFC 8410, PKCS #8). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

export class CheckpointSigner {
  readonly #keys: SigningKey[];

  constructor(master: Pick<MasterKey, 'signingSeeds'>) {
    this.#keys = master.signingSeeds('audit-checkpoint').map((seed) => {
      const secret = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
      const publicKey = createPublicKey(secret);
      const der = publicKey.export({ format: 'der', type: 'spki' });
      return { id: createHash('sha256').update(der).digest('hex').slice(0, 16), secret, public: publicKey };
    });
  }

  sign(said: Pick<Checkpoint, 'tenantId' | 'seq' | 'head' | 'at'>): Checkpoint {
    const [key] = this.#keys as [SigningKey];
    const body = { version: 1 as const, ...said, count: said.seq, keyId: key.id };
    return { ...body, signature: sign(null, Buffer.from(canonical(body)), key.secret).toString('base64') };
  }

  /** `unknown-key`: signed by none of the installation's keys, as after a rotation. */
  check({ signature, ...body }: Checkpoint): 'good' | 'bad' | 'unknown-key' {
    const key = this.#keys.find(({ id }) => id === body.keyId);
    if (!key) return 'unknown-key';
    const isGood = verify(null, Buffer.from(canonical(body)), key.public, Buffer.from(signature, 'base64'));
    return isGood ? 'good' : 'bad';
  }

  /** For whoever checks without this program. */
  publicKeys(): { keyId: string; pem: string }[] {
    return this.#keys.map(({ id, public: key }) => ({
      keyId: id,
      pem: key.export({ format: 'pem', type: 'spki' }).toString(),
    }));
  }
}

/** Null when the text is no checkpoint. */
export function readCheckpoint(text: string): Checkpoint | null {
  try {
    return CheckpointSchema.parse(JSON.parse(text));
  } catch {
    return null; // the verifier tells of it
  }
}
