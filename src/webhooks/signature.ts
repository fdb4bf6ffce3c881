/**
 * `X-Hub-Signature-256: sha256=<64 hex>` is HMAC-SHA256 of the raw bytes under the app secret (Cloud API: webhooks,
 * create an endpoint). Nothing here builds, returns or logs an expected digest.
 */
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';

const HEADER = /^sha256=([0-9a-f]{64})$/;

/** The digest that a header claims, as its 64 digits; undefined when it has another form, was given twice, or is missing. */
export function claimedDigest(header: string | string[] | undefined): Buffer | undefined {
  const given = typeof header === 'string' ? HEADER.exec(header)?.[1] : undefined;
  return given === undefined ? undefined : Buffer.from(given, 'latin1');
}

/** Secrets made ready for signing, for as long as somebody holds them. */
const ready = new WeakMap<readonly string[], KeyObject[]>();

function keysOf(secrets: readonly string[]): KeyObject[] {
  const known = ready.get(secrets);
  if (known) return known;
  const keys = secrets.map((secret) => createSecretKey(secret, 'utf8'));
  ready.set(secrets, keys);
  return keys;
}

/** True when one of the secrets (two during a rotation) signed exactly these bytes. */
export function isSignedBy(secrets: readonly string[], body: Buffer, digest: Buffer): boolean {
  return keysOf(secrets).some((key) => {
    const made = createHmac('sha256', key).update(body).digest('hex');
    return timingSafeEqual(Buffer.from(made, 'latin1'), digest);
  });
}
