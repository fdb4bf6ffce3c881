/**
 * Changes of an API key that stays the same key: another name, another secret. After a rotation the old secret works
 * for some hours beside the new one, so that no program stands still while it is given the new one.
 */
import { z } from 'zod';

import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { Reject } from '../ops/errors.ts';
import { newSecret } from '../store/ids.ts';
import { withTenant } from '../store/scope.ts';
import { checkInput, textLine } from './input.ts';
import {
  type ApiKey,
  digestOf,
  expiresDays,
  findKey,
  isLiveKey,
  keyText,
  keyView,
  revokeApiKey,
} from './keys.ts';
import { type ApiKeyRow, ApiKeys } from './model.ts';

/** A week is enough to give every program the new secret. */
const MOST_OVERLAP_HOURS = 168;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

export const keyName = textLine(100);

export const rotationFields = {
  overlapHours: z
    .int('must be a whole number of hours')
    .min(0, 'must be at least 0')
    .max(MOST_OVERLAP_HOURS, `must be at most ${MOST_OVERLAP_HOURS}`)
    .default(24)
    .meta({ description: 'For so long the secret before works too; 0: it ends at once.' }),
  expiresDays: expiresDays
    .optional()
    .meta({ description: 'By default as long as before; a key without an end stays without.' }),
};
const rotation = z.strictObject(rotationFields);

interface Which {
  tenantId: string;
  keyId: string;
}

/**
 * Gives a key another secret; `key` is in this answer only. The old one works for `overlapHours` more, but not beyond
 * the end that it had. Only the last two secrets are known: rotating again ends the one before.
 * @throws Reject (404), (422), (409) `key-ended`, `changed-meanwhile`
 */
export async function rotateApiKey(
  ctx: Context,
  { tenantId, keyId }: Which,
  input: { overlapHours?: number | undefined; expiresDays?: number | undefined },
  by = 'system',
): Promise<ApiKey & { key: string }> {
  const { overlapHours, expiresDays: days } = checkInput(rotation, input);
  return withTenant(tenantId, async () => {
    const row = await findKey(ctx, keyId);
    requireLive(ctx, row);
    const secret = newSecret(ctx.random);
    const $set = rotated(row, { now: ctx.clock.now(), secret, overlapHours, days });
    await audit(ctx, {
      tenantId,
      actor: by,
      action: 'key.rotated',
      objects: [keyId],
      outcome: 'allowed',
      details: { overlapHours },
    });
    const { modifiedCount } = await ctx.store
      .model(ApiKeys)
      .updateOne(
        { _id: keyId, secretHash: row.secretHash, revokedAt: { $exists: false } },
        { $set, $unset: { warnedDays: 1 } },
      )
      .exec();
    if (modifiedCount === 0) {
      throw new Reject(409, 'changed-meanwhile', 'Somebody changed this key just now: look at it again.');
    }
    ctx.log.info({ tenantId, keyId }, 'key.rotated');
    return { key: keyText(tenantId, secret), ...keyView(await findKey(ctx, keyId), ctx.clock.now()) };
  });
}

interface Rotation {
  now: number;
  secret: string;
  overlapHours: number;
  days: number | undefined;
}

function rotated(row: ApiKeyRow, { now, secret, overlapHours, days }: Rotation): Partial<ApiKeyRow> {
  const { expiresAt, rotatedAt, createdAt } = row;
  const span = expiresAt && expiresAt.getTime() - (rotatedAt ?? createdAt).getTime();
  const life = days === undefined ? span : days * DAY_MS;
  const until = Math.min(now + overlapHours * HOUR_MS, expiresAt?.getTime() ?? Infinity);
  return {
    secretHash: digestOf(secret).toString('hex'),
    previousHash: row.secretHash,
    previousUntil: new Date(until),
    rotatedAt: new Date(now),
    ...(life === undefined ? {} : { expiresAt: new Date(now + life) }),
  };
}

/** Gives a key another name. @throws Reject (404), (422), (409) `key-ended` */
export async function renameApiKey(
  ctx: Context,
  { tenantId, keyId }: Which,
  name: string,
  by: string,
): Promise<ApiKey> {
  return withTenant(tenantId, async () => {
    requireLive(ctx, await findKey(ctx, keyId));
    await audit(ctx, { tenantId, actor: by, action: 'key.renamed', objects: [keyId], outcome: 'allowed' });
    await ctx.store.model(ApiKeys).updateOne({ _id: keyId }, { $set: { name } }).exec();
    return keyView(await findKey(ctx, keyId), ctx.clock.now());
  });
}

/** Ends every key that this principal made: of a person who was disabled. @returns how many */
export async function revokeKeysMadeBy(
  ctx: Context,
  { tenantId, principal }: { tenantId: string; principal: string },
  by: string,
): Promise<number> {
  const rows = await withTenant(tenantId, () =>
    ctx.store
      .model(ApiKeys)
      .find({ createdBy: principal, revokedAt: { $exists: false } })
      .lean<ApiKeyRow[]>()
      .exec(),
  );
  for (const { _id: keyId } of rows) await revokeApiKey(ctx, { tenantId, keyId }, by);
  return rows.length;
}

function requireLive(ctx: Context, row: ApiKeyRow): void {
  if (isLiveKey(row, ctx.clock.now())) return;
  throw new Reject(409, 'key-ended', 'This key was revoked or has expired: make another one.');
}
