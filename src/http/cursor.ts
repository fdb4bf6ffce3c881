/**
 * Cursors of lists: the place after which the next page begins, signed for one tenant, one list and its filters.
 * One of another tenant, list or filter, or an altered one, is refused.
 */
import { timingSafeEqual } from 'node:crypto';

import { z } from 'zod';

import type { Context } from '../context.ts';
import { Reject } from '../ops/errors.ts';

/** Place in a list that is sorted by a number, then by id. */
export interface Position {
  at: number;
  id: string;
}

/** What a cursor is good for. */
export interface CursorUse {
  tenantId: string;
  /** Pattern of the list's path. */
  path: string;
  /** Everything that chooses the rows: ids of the path, filters. */
  filters: Record<string, unknown>;
}

const position = z.tuple([z.number(), z.string()]);

export async function sealCursor(ctx: Context, use: CursorUse, { at, id }: Position): Promise<string> {
  const place = Buffer.from(JSON.stringify([at, id])).toString('base64url');
  return `${place}.${await signature(ctx, use, place)}`;
}

/** @throws Reject (422) for a cursor that was not made for this use. */
export async function openCursor(ctx: Context, use: CursorUse, cursor: string): Promise<Position> {
  const [place = '', given = ''] = cursor.split('.');
  const expected = await signature(ctx, use, place);
  if (!equal(given, expected)) {
    throw new Reject(422, 'bad-cursor', 'The cursor is not one of this list; start without a cursor.', {
      errors: [{ path: 'cursor', message: 'Not a cursor of this list and these filters.' }],
    });
  }
  const [at, id] = position.parse(JSON.parse(Buffer.from(place, 'base64url').toString()));
  return { at, id };
}

async function signature(
  ctx: Context,
  { tenantId, path, filters }: CursorUse,
  place: string,
): Promise<string> {
  const chosen = Object.entries(filters).filter(([, value]) => value !== undefined);
  const sorted = chosen.sort(([left], [right]) => (left < right ? -1 : 1));
  return ctx.store.keyring.lookup(tenantId, 'cursor', path, JSON.stringify(sorted), place);
}

function equal(left: string, right: string): boolean {
  const [one, other] = [Buffer.from(left), Buffer.from(right)];
  return one.length === other.length && timingSafeEqual(one, other);
}
