/**
 * `X-Hub-Signature-256: sha256=<64 hex>` is HMAC-SHA256 of the raw bytes under the app secret (Cloud API: webhooks,
 * create an endpoint). Nothing here builds, returns or logs an expected digest.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

const HEADER = /^sha256=([0-9a-f]{64})$/;

/** The digest that a header claims; undefined when it has another form, was given twice, or is missing. */
export function claimedDigest(header: string | string[] | undefined): Buffer | undefined {
  const given = typeof header === 'string' ? HEADER.exec(header)?.[1] : undefined;
  return given === undefined ? undefined : Buffer.from(given, 'hex');
}

/** True when one of the secrets (two during a rotation) signed exactly these bytes. */
export function isSignedBy(secrets: readonly string[], body: Buffer, digest: Buffer): boolean {
  return secrets.some((secret) =>
    timingSafeEqual(createHmac('sha256', secret).update(body).digest(), digest),
  );
}
