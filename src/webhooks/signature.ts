/**
 * `X-Hub-Signature-256: sha256=<64 hex>` is HMAC-SHA256 of the raw bytes under the app secret (Cloud API: webhooks,
 * create an endpoint). Nothing here builds, returns or logs an expected digest.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

const HEADER = /^sha256=([0-9a-f]{64})$/;

/** True when one of the secrets (two during a rotation) signed exactly these bytes. */
export function isSignedBy(secrets: readonly string[], body: Buffer, header: string | undefined): boolean {
  const given = HEADER.exec(header ?? '')?.[1];
  if (given === undefined) return false;
  const digest = Buffer.from(given, 'hex');
  return secrets.some((secret) =>
    timingSafeEqual(createHmac('sha256', secret).update(body).digest(), digest),
  );
}
