/**
 * Links to stored files: they work without a key, for one part of one message's file, and for one to two hours.
 * Within an hour the same file has the same link, so that a browser need not fetch it again.
 */
import { timingSafeEqual } from 'node:crypto';

import type { Context } from '../context.ts';
import { type MediaPart, PARTS } from './model.ts';

const STEP_S = 3_600;

export interface MediaLink {
  tenantId: string;
  messageId: string;
  part: MediaPart;
  /** Seconds since 1970. */
  expiresAt: number;
}

/** Path under this installation's address. */
export function linkTo(
  ctx: Pick<Context, 'clock' | 'master'>,
  of: { tenantId: string; messageId: string; part: MediaPart },
): string {
  const expiresAt = (Math.floor(ctx.clock.now() / 1000 / STEP_S) + 2) * STEP_S;
  const { tenantId, messageId, part } = of;
  return `/media/${tenantId}/${messageId}/${part}/${expiresAt}/${signatures(ctx, { ...of, expiresAt })[0]}`;
}

/** What a link leads to; undefined for one that we did not make, was altered or has expired. */
export function openLink(
  ctx: Pick<Context, 'clock' | 'master'>,
  given: Record<string, unknown>,
): MediaLink | undefined {
  const { tenantId, messageId, expiresAt, signature: signed } = given;
  const part = PARTS.find((known) => known === given.part);
  if (part === undefined || !/^\d{1,12}$/.test(String(expiresAt))) return undefined;
  const link = {
    tenantId: String(tenantId),
    messageId: String(messageId),
    part,
    expiresAt: Number(expiresAt),
  };
  const written = Buffer.from(String(signed));
  const isSame = (own: string) => written.length === own.length && timingSafeEqual(written, Buffer.from(own));
  if (!signatures(ctx, link).some(isSame)) return undefined;
  return link.expiresAt * 1000 > ctx.clock.now() ? link : undefined;
}

/** 192 bits under keys of the installation that serve nothing else; the first is for new links. */
function signatures(
  { master }: Pick<Context, 'master'>,
  { tenantId, messageId, part, expiresAt }: MediaLink,
): string[] {
  const digests = master.digests('media-link', tenantId, messageId, part, String(expiresAt));
  return digests.map((digest) => digest.toString('base64url').slice(0, 32));
}
