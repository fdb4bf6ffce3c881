/**
 * A business opens an account by itself, where the operator lets it. Nothing works before the address was proven by the
 * link that is mailed; what was never proven, or whose owner declines the policy, is taken away with all its rows.
 */
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { z } from 'zod';

import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { requireMail } from '../mail/mail.ts';
import { Mails } from '../mail/model.ts';
import { Reject } from '../ops/errors.ts';
import { asOperator, withTenant } from '../store/scope.ts';
import { textLine } from '../tenants/input.ts';
import { type TenantRecord, Tenants } from '../tenants/model.ts';
import { type UserRow, Users } from '../tenants/people-model.ts';
import { createTenant } from '../tenants/tenants.ts';
import { company, eeaAnswers, ensureAccount, requireServed, sealedData, sealedSignatory } from './account.ts';
import { erase } from './departures.ts';
import { INVITATION_MS, sendInvitation } from './invitations.ts';
import { currentTerms } from './legal-texts.ts';
import { Accounts } from './model.ts';
import { nameKey } from './names.ts';
import { addUser } from './users.ts';
import { emailAddress, profileBody } from './words.ts';

export const SignUpBody = z.strictObject({
  ...profileBody.shape,
  language: z.enum(['en', 'he']).default('en'),
  business: textLine(200),
  company,
  privacyContact: z.strictObject({ name: textLine(200), email: emailAddress }).optional(),
  eea: eeaAnswers,
  acceptTerms: z.literal(true, 'must be true: read the terms and accept them'),
});
type SignUp = z.output<typeof SignUpBody>;

/** From one address of the network within an hour. */
const FROM_ADDRESS = new RateLimiterMemory({ points: 10, duration: 3_600 });
/** Mails to one address within a day: what is more is not sent, and not told. */
const TO_ADDRESS = new RateLimiterMemory({ points: 3, duration: 86_400 });

/**
 * Opens an account that waits for its proof. The answer is the same for every address.
 * @throws Reject (403) `sign-up-closed`, (409) `eea-not-served`, (429) `rate-limited`, (503) `mail-not-set-up`
 */
export async function signUp(ctx: Context, asked: SignUp, from: string | undefined): Promise<void> {
  if (ctx.settings.SIGN_UP !== 'on') {
    throw new Reject(403, 'sign-up-closed', 'Accounts are opened by the operator of this installation.');
  }
  requireMail(ctx);
  await requirePlace(ctx, from);
  await requireAnswers(ctx, asked);
  if (!(await hasPlace(TO_ADDRESS, `${ctx.prefix} ${nameKey('email', asked.email)}`))) return;
  const { business, email } = asked;
  const { tenantId, accountNumber } = await createTenant(ctx, { name: business, email }, 'unproven');
  await withTenant(tenantId, async () => {
    const owner = await addOwner(ctx, tenantId, asked);
    await recordTerms(ctx, { tenantId, accountNumber, owner }, asked);
    await sendInvitation(ctx, owner);
  });
}

async function requireAnswers(ctx: Context, { eea }: SignUp): Promise<void> {
  try {
    requireServed(eea, null);
  } catch (error) {
    await audit(ctx, {
      tenantId: null,
      actor: 'system',
      action: 'sign-up.refused',
      outcome: 'refused',
      reason: 'eea',
    });
    throw error;
  }
}

function addOwner(ctx: Context, tenantId: string, asked: SignUp): Promise<UserRow> {
  const { firstName, lastName, username, email, phone, language } = asked;
  return addUser(ctx, {
    tenantId,
    actor: { principal: 'system', scopes: [] },
    profile: { firstName, lastName, username, email, phone },
    role: 'owner',
    language,
    how: 'sign-up',
    action: 'account.signed-up',
  });
}

async function recordTerms(
  ctx: Context,
  { tenantId, accountNumber, owner }: { tenantId: string; accountNumber: string; owner: UserRow },
  asked: SignUp,
): Promise<void> {
  const { firstName, lastName, email, phone, company: of, eea, privacyContact } = asked;
  const name = `${firstName} ${lastName}`;
  const data = { company: of, eea, contactPerson: { name, email, phone }, privacyContact };
  const { version, hash } = currentTerms(ctx.settings);
  await ensureAccount(ctx, tenantId, { origin: 'sign-up' });
  await ctx.store
    .model(Accounts)
    .updateOne(
      { _id: tenantId },
      {
        $set: {
          ...(await sealedData(ctx, tenantId, data)),
          terms: {
            number: accountNumber,
            version,
            hash,
            from: new Date(ctx.clock.now()),
            by: `user:${owner._id}`,
          },
          signatory: await sealedSignatory(ctx, tenantId, name),
        },
      },
    )
    .exec();
}

/** The invited person declines: nothing that was kept of them stays. Of a sign-up, nothing of the account either. */
export async function removeInvited(
  ctx: Context,
  { tenantId, _id: userId, role }: UserRow,
  isUnproven: boolean,
): Promise<void> {
  await audit(ctx, {
    tenantId: isUnproven ? null : tenantId,
    actor: `user:${userId}`,
    action: 'policy.declined',
    objects: [tenantId, userId],
    outcome: 'allowed',
  });
  if (isUnproven && role === 'owner') return removeAttempt(ctx, tenantId);
  await withTenant(tenantId, async () => {
    const user = await ctx.store
      .model(Users)
      .findOne({ _id: userId, status: 'invited' })
      .lean<UserRow>()
      .exec();
    if (user) await erase(ctx, user);
  });
}

/** Sign-ups that nobody proved within 7 days are taken away. @returns how many */
export async function removeUnproven(ctx: Context): Promise<number> {
  const before = new Date(ctx.clock.now() - INVITATION_MS);
  const old = await asOperator('clean-up of sign-ups that were never proven', () =>
    ctx.store
      .model(Tenants)
      .find({ status: 'unproven', createdAt: { $lt: before } })
      .limit(100)
      .lean<TenantRecord[]>()
      .exec(),
  );
  for (const { _id } of old) await removeAttempt(ctx, _id);
  return old.length;
}

/** The tenant's row last: a crash leaves it for the next round. Its number stays given. */
async function removeAttempt(ctx: Context, tenantId: string): Promise<void> {
  await withTenant(tenantId, async () => {
    const users = await ctx.store.model(Users).find().lean<UserRow[]>().exec();
    for (const user of users) await erase(ctx, user);
    await ctx.store.model(Mails).deleteMany({}).exec();
    await ctx.store.model(Accounts).deleteMany({}).exec();
  });
  await asOperator('removal of a sign-up that was never proven', () =>
    ctx.store.model(Tenants).deleteOne({ _id: tenantId, status: 'unproven' }).exec(),
  );
}

async function requirePlace(ctx: Context, from = ''): Promise<void> {
  if (await hasPlace(FROM_ADDRESS, `${ctx.prefix} ${from}`)) return;
  throw new Reject(429, 'rate-limited', 'Too many sign-ups from this address. Please try again later.', {
    afterMs: 3_600_000,
  });
}

/** Kept in this process only, so that no address stands anywhere. */
async function hasPlace(limiter: RateLimiterMemory, key: string): Promise<boolean> {
  try {
    await limiter.consume(key);
    return true;
  } catch (error) {
    if (error instanceof RateLimiterRes) return false;
    throw error;
  }
}
