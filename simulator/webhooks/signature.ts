import { createHmac } from 'node:crypto';

/** Value of `X-Hub-Signature-256`: HMAC-SHA256 of the bytes as sent, keyed with the app secret. */
export function signWebhook(body: Buffer, appSecret: string): string {
  return `sha256=${createHmac('sha256', appSecret).update(body).digest('hex')}`;
}
