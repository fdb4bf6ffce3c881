/** Stored files at their links. What a browser would run or draw itself is only ever downloaded. */
import { pipeline } from 'node:stream/promises';

import type { Request, RequestHandler, Response } from 'express';

import { addressClass, withOrigin } from '../audit/origin.ts';
import { recordViews } from '../audit/views.ts';
import type { Context } from '../context.ts';
import { notFound } from '../ops/errors.ts';
import { clientAddress } from '../ops/proxies.ts';
import type { RateLimits } from '../ops/rate-limits.ts';
import { BlobMissingError } from '../store/blob-names.ts';
import { ErasedError } from '../store/keyring.ts';
import { withTenant } from '../store/scope.ts';
import { findMedia } from './lane.ts';
import { type MediaLink, openLink } from './links.ts';
import { type MediaRow, mimeOfPart, placeOf, type Reference, sizeOfPart } from './model.ts';
import { type ByteRange, rangeIn } from './range.ts';
import { mayBeShown } from './sniff.ts';
import { readPart } from './vault.ts';

export const MEDIA_PATH = '/media/:tenantId/:messageId/:part/:expiresAt/:signature';

/** Nothing of a file may load, run, send or be embedded, whatever it is. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

/** GET and HEAD, counted for the tenant and the link. A foreign, altered or expired link, and one whose file is gone, are answered the same: 404. */
export function serveMedia(ctx: Context, limits: RateLimits): RequestHandler {
  return async (request, response) => {
    const link = openLink(ctx, request.params);
    if (!link) throw notFound('file');
    const principal = `link:${link.messageId}`;
    response.set(await limits.spend({ tenantId: link.tenantId, principal }, 'file'));
    const requestId = response.getHeader('X-Request-Id');
    const origin = {
      address: addressClass(clientAddress(ctx, request)),
      ...(typeof requestId === 'string' ? { requestId } : {}),
    };
    await withOrigin(origin, () => withTenant(link.tenantId, () => answer(ctx, link, request, response)));
  };
}

async function answer(ctx: Context, link: MediaLink, request: Request, response: Response): Promise<void> {
  const row = await findMedia(ctx, link.tenantId, link.messageId);
  const size = row?.state === 'stored' ? sizeOfPart(row, link.part) : undefined;
  if (!row || size === undefined) throw notFound('file');
  const name = await nameOf(ctx, row);
  await recordViews(ctx, {
    tenantId: link.tenantId,
    principal: `link:${link.messageId}`,
    objects: [link.messageId],
    action: 'file.fetched',
  });
  const range = rangeIn(request.headers.range, size);
  describe(ctx, response, { link, row, name });
  if (range === 'unsatisfiable') {
    response.status(416).setHeader('Content-Range', `bytes */${size}`).end();
    return;
  }
  const wanted = range === 'whole' ? { start: 0, end: size - 1 } : range;
  if (range !== 'whole') {
    response.status(206).setHeader('Content-Range', `bytes ${wanted.start}-${wanted.end}/${size}`);
  }
  response.setHeader('Content-Length', wanted.end - wanted.start + 1);
  if (request.method === 'HEAD') response.end();
  else await send(ctx, response, { link, row, wanted });
}

/** @throws Reject (404) once its content was erased */
async function nameOf(ctx: Context, row: MediaRow): Promise<string | undefined> {
  return gone(async () => {
    const { name } = await ctx.store.keyring.open<Reference>(placeOf(row, 'reference'), row.reference);
    return name;
  });
}

async function send(
  ctx: Context,
  response: Response,
  { link, row, wanted }: { link: MediaLink; row: MediaRow; wanted: ByteRange },
): Promise<void> {
  const content = await gone(() => readPart(ctx, row, link.part, wanted));
  try {
    await pipeline(content, response);
  } catch (error) {
    if (!response.destroyed) throw error;
    // Who asked went away, or the file broke off: the connection is cut, so nobody takes it for whole.
    ctx.log.debug({ tenantId: row.tenantId, messageId: row._id, err: error }, 'media.broken-off');
  }
}

/** What was erased, or is not there, never was. */
async function gone<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ErasedError || error instanceof BlobMissingError) throw notFound('file');
    throw error;
  }
}

function describe(
  ctx: Context,
  response: Response,
  { link, row, name }: { link: MediaLink; row: MediaRow; name: string | undefined },
): void {
  const mime = mimeOfPart(row, link.part);
  const isShown = mayBeShown(mime);
  const left = Math.max(0, link.expiresAt - Math.floor(ctx.clock.now() / 1000));
  response.setHeader('Content-Type', isShown ? mime : 'application/octet-stream');
  response.setHeader('Content-Disposition', disposition(isShown ? 'inline' : 'attachment', name));
  response.setHeader('Content-Security-Policy', POLICY);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Cache-Control', `private, max-age=${left}, immutable`);
  response.setHeader('Accept-Ranges', 'bytes');
}

/** The client chose the name: plain letters for old programs, all of it for those that know RFC 8187. */
function disposition(how: 'inline' | 'attachment', name = ''): string {
  const clean = name.replaceAll(/[\p{Cc}\p{Cf}\p{Surrogate}/\\]/gu, '_').slice(0, 150);
  if (clean === '') return how;
  const plain = clean.replaceAll(/[^\w. -]/g, '_');
  const whole = encodeURIComponent(clean).replaceAll(
    /['()*!]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${how}; filename="${plain}"; filename*=UTF-8''${whole}`;
}
