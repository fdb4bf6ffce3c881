/**
 * Access in an emergency: at once, for one hour, with one approver who is not the one who looks, and without asking the
 * business, which is told. Somebody else reviews it within 24 hours; until an overdue review is done, the person has
 * no access to anything.
 */
import { z } from 'zod';

import type { Context } from '../context.ts';
import { Reject } from '../ops/errors.ts';
import { asOperator, withTenant } from '../store/scope.ts';
import { checkInput } from '../tenants/input.ts';
import { findGrant, insert, newGrant, operatorName, reasonWords, sealedWords, written } from './grants.ts';
import { AccessGrants, type GrantRow, type OperatorRow, Operators } from './model.ts';
import { hasOverdueReview, operatorRow, requireActive } from './staff.ts';
import { tellBusiness } from './tell.ts';

const HOURS = 1;
const REVIEW_MS = 24 * 3_600_000;

interface Emergency {
  tenantId: string;
  operatorId: string;
  reasonCode: string;
  reason: string;
  /** Principal of who approves: never the operator. */
  approver: string;
}

/** @throws Reject (404), (409) `operator-disabled`, `review-overdue`; (422), also when somebody approves for themselves */
export async function breakGlass(
  ctx: Context,
  { approver, ...input }: Emergency,
  by: string,
): Promise<GrantRow> {
  const { operatorId, tenantId } = input;
  requireOther(approver, operatorId, 'approve');
  const operator = await operatorRow(ctx, operatorId);
  if (hasOverdueReview(operator, ctx.clock.now())) {
    throw new Reject(
      409,
      'review-overdue',
      'An earlier emergency access of this person was not reviewed in time: whatsper access reviews.',
    );
  }
  const from = new Date(ctx.clock.now());
  const row = await newGrant(
    ctx,
    { ...input, hours: HOURS },
    {
      kind: 'break-glass',
      state: 'active',
      createdBy: by,
      decidedBy: approver,
      decidedAt: from,
      from,
      reviewDueAt: new Date(from.getTime() + REVIEW_MS),
    },
  );
  // The review first: access without one must not come to be, whatever dies in between.
  await oweReview(ctx, row, operatorId);
  await insert(ctx, row, 'support-access.break-glass');
  ctx.log.error({ tenantId, reason: row.reasonCode, kind: 'break-glass' }, 'alert.break-glass');
  await tellBusiness(ctx, 'break-glass', row, await operatorName(ctx, operatorId));
  return row;
}

export interface Review {
  grantId: string;
  tenantId: string;
  operatorId: string;
  dueAt: Date;
  overdue: boolean;
}

/** Reviews that are still to be done, the most urgent first. */
export async function dueReviews(ctx: Context): Promise<Review[]> {
  const rows = await asOperator('reviews of emergency access', () =>
    ctx.store
      .model(Operators)
      .find({ 'reviewsDue.dueAt': { $exists: true } })
      .lean<OperatorRow[]>()
      .exec(),
  );
  const now = ctx.clock.now();
  return rows
    .flatMap(({ _id: operatorId, reviewsDue = [] }) =>
      reviewsDue.map(({ grantId, tenantId, dueAt }) => ({
        grantId,
        tenantId,
        operatorId,
        dueAt,
        overdue: dueAt.getTime() <= now,
      })),
    )
    .sort((one, other) => one.dueAt.getTime() - other.dueAt.getTime());
}

const reviewing = z.strictObject({ finding: reasonWords });

/**
 * Somebody else than who looked says what they found; the business sees it.
 * @throws Reject (404), (422), (409) `not-due` when no review of this access is due
 */
export async function reviewAccess(
  ctx: Context,
  { grantId, finding: words }: { grantId: string; finding: string },
  reviewer: string,
): Promise<Review> {
  const { finding } = checkInput(reviewing, { finding: words });
  const due = (await dueReviews(ctx)).find((review) => review.grantId === grantId);
  if (!due) throw new Reject(409, 'not-due', 'No review of this access is due: whatsper access reviews.');
  const { tenantId, operatorId } = due;
  requireOther(reviewer, operatorId, 'review');
  const row = await findIfStored(ctx, tenantId, grantId);
  if (row) {
    await written(ctx, row, 'support-access.reviewed', reviewer);
    const $set = {
      reviewedAt: new Date(ctx.clock.now()),
      reviewedBy: reviewer,
      finding: await sealedWords(ctx, row, 'finding', finding),
    };
    await withTenant(tenantId, () =>
      ctx.store.model(AccessGrants).updateOne({ _id: grantId }, { $set }).exec(),
    );
  }
  await asOperator('review of emergency access', () =>
    ctx.store
      .model(Operators)
      .updateOne({ _id: operatorId }, { $pull: { reviewsDue: { grantId } } })
      .exec(),
  );
  return due;
}

/** Runs as operator, again and again: businesses are told of reviews that are overdue, each once. */
export async function watchReviews(ctx: Context): Promise<void> {
  for (const { overdue, grantId, tenantId, operatorId } of await dueReviews(ctx)) {
    if (!overdue) continue;
    const row = { _id: grantId, tenantId };
    await tellBusiness(ctx, 'review-overdue', row, await operatorName(ctx, operatorId));
  }
}

async function oweReview(
  ctx: Context,
  { _id: grantId, tenantId, reviewDueAt: dueAt }: GrantRow,
  operatorId: string,
): Promise<void> {
  const { matchedCount } = await asOperator('review of emergency access is due', () =>
    ctx.store
      .model(Operators)
      .updateOne(
        { _id: operatorId, status: 'active' },
        { $push: { reviewsDue: { grantId, tenantId, dueAt } } },
      )
      .exec(),
  );
  if (matchedCount === 0) requireActive({ ...(await operatorRow(ctx, operatorId)), status: 'disabled' });
}

/** Null when the access itself was never stored: the process died before. */
async function findIfStored(ctx: Context, tenantId: string, grantId: string): Promise<GrantRow | null> {
  try {
    return await findGrant(ctx, { tenantId, grantId });
  } catch (error) {
    if (error instanceof Reject && error.status === 404) return null;
    throw error;
  }
}

/** @throws Reject (422) */
function requireOther(principal: string, operatorId: string, what: 'approve' | 'review'): void {
  if (principal !== `operator:${operatorId}`) return;
  throw new Reject(422, 'invalid-request', `Nobody may ${what} their own emergency access.`);
}
