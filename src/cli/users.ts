/** Commands about people and accounts of a tenant: what an operator records or hands over. */
import type { Command } from 'commander';

import { ensureAccount, findAccount, isEmergencyReachable } from '../accounts/account.ts';
import { linkByHand, sendInvitation } from '../accounts/invitations.ts';
import { decideEea, setPasswordRotation, setTerms } from '../accounts/operator.ts';
import { ensureOwner } from '../accounts/owners.ts';
import { shownProfile } from '../accounts/profile.ts';
import { findUser, inviteAgain } from '../accounts/users.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { missingForMail } from '../mail/mail.ts';
import { Reject } from '../ops/errors.ts';
import { withTenant } from '../store/scope.ts';
import { type UserRow, Users } from '../tenants/people-model.ts';
import { PERMISSIONS } from '../tenants/permissions.ts';
import { findTenant, type Tenant } from '../tenants/tenants.ts';
import { cliActor } from './actor.ts';
import type { Bind } from './bind.ts';
import { resetLinkCommand } from './reset-link.ts';

interface OfTenant {
  tenant: string;
}

export function userCommands(root: Command, bind: Bind): void {
  const user = root.command('user').description('people of a tenant');
  resetLinkCommand(user, bind);
  bind<OfTenant>(
    user
      .command('list')
      .description('states of a tenant’s people, without their names')
      .requiredOption('--tenant <id>', 'its id'),
    async ({ ctx, output, options: { tenant: tenantId } }) => {
      await findTenant(ctx, tenantId);
      const rows = await withTenant(tenantId, () =>
        ctx.store.model(Users).find().sort({ _id: 1 }).lean<UserRow[]>().exec(),
      );
      output.many(
        rows.map(({ _id: userId, role, status, emailProvenAt, createdAt }) => ({
          userId,
          role,
          status,
          emailProven: emailProvenAt !== undefined,
          createdAt,
        })),
        {
          columns: ['userId', 'role', 'status', 'emailProven', 'createdAt'],
          empty: 'Nobody yet: whatsper user invite-owner --tenant …',
        },
      );
    },
  );
  bind<OfTenant & { user: string }>(
    user
      .command('invite')
      .description('mail a person who was invited another link; nobody but they see it')
      .requiredOption('--tenant <id>', 'its id')
      .requiredOption('--user <id>', 'as `user list` shows it'),
    async ({ ctx, output, options: { tenant: tenantId, user: userId } }) => {
      await findTenant(ctx, tenantId);
      await withTenant(tenantId, async () =>
        inviteAgain(ctx, { principal: cliActor(), scopes: PERMISSIONS }, await findUser(ctx, userId)),
      );
      output.one({ userId, mailed: true });
    },
  );
  bind<OfTenant & { print?: true }>(
    user
      .command('invite-owner')
      .description('mail the owner the link by which they set their password')
      .requiredOption('--tenant <id>', 'its id')
      .option('--print', 'print the link instead, where no mail can be sent; hand it over by a safe way'),
    async ({ ctx, output, options: { tenant: tenantId, print } }) => {
      const owner = await ensureOwner(ctx, tenantId, cliActor());
      if (owner.status !== 'invited') {
        throw new Reject(409, 'already-joined', 'The owner has set a password already.');
      }
      const action = print ? 'user.invitation-printed' : 'user.invited-again';
      const entry = {
        tenantId,
        actor: cliActor(),
        action,
        objects: [owner._id],
        outcome: 'allowed',
      } as const;
      await audit(ctx, entry);
      if (print) {
        const link = await withTenant(tenantId, () => linkByHand(ctx, owner));
        return output.one({ userId: owner._id, link }, 'The link works once, for 7 days.');
      }
      await withTenant(tenantId, () => sendInvitation(ctx, owner));
      const { email } = await withTenant(tenantId, () => shownProfile(ctx, owner));
      output.one({ userId: owner._id, mailedTo: email });
    },
  );
}

/** Tenants, and whether somebody of each can be reached in an emergency. */
export async function withReachability(
  ctx: Context,
  tenants: Tenant[],
): Promise<(Tenant & { emergencyReachable: boolean })[]> {
  return Promise.all(
    tenants.map(async (tenant) => ({
      ...tenant,
      emergencyReachable: await withTenant(tenant.tenantId, async () =>
        isEmergencyReachable(ctx, await findAccount(ctx, tenant.tenantId)),
      ),
    })),
  );
}

/** Of a tenant that was just made. @returns what the operator does next */
export async function inviteNewOwner(ctx: Context, tenantId: string): Promise<string> {
  const owner = await ensureOwner(ctx, tenantId, cliActor());
  if (missingForMail(ctx) !== null) {
    return `No mail can be sent here. Give the owner a link: whatsper user invite-owner --tenant ${tenantId} --print`;
  }
  await withTenant(tenantId, () => sendInvitation(ctx, owner));
  return 'The owner was mailed a link to choose a password.';
}

/** Of `whatsper tenant`. */
export function accountCommands(tenant: Command, bind: Bind): void {
  bind<OfTenant & { number: string; version: string; from?: string; until?: string }>(
    tenant
      .command('terms')
      .description('record the terms that were agreed; without active ones nothing is sent')
      .requiredOption('--tenant <id>', 'its id')
      .requiredOption('--number <number>', 'of the agreement')
      .requiredOption('--version <version>', 'of its text')
      .option('--from <date>', 'begin, like 2026-11-01; now by default')
      .option('--until <date>', 'end; without it, none'),
    async ({ ctx, output, options }) => {
      const { tenant: tenantId, number, version, from, until } = options;
      output.one(await setTerms(ctx, { tenantId, by: cliActor(), number, version, from, until }));
    },
  );
  bind<OfTenant & { decision: string }>(
    tenant
      .command('eea')
      .description('decide whether a business may work here that the GDPR applies to')
      .requiredOption('--tenant <id>', 'its id')
      .requiredOption('--decision <allow|refuse>', 'allow or refuse'),
    async ({ ctx, output, options: { tenant: tenantId, decision } }) =>
      output.one(await decideEea(ctx, { tenantId, by: cliActor(), decision })),
  );
  bind<OfTenant & { months: string }>(
    tenant
      .command('password-rotation')
      .description('after how many months people choose another password; 0: never, as it is by default')
      .requiredOption('--tenant <id>', 'its id')
      .requiredOption('--months <count>', '0 to 24'),
    async ({ ctx, output, options: { tenant: tenantId, months } }) =>
      output.one(await setPasswordRotation(ctx, { tenantId, by: cliActor(), months })),
  );
  bind<OfTenant>(
    tenant
      .command('account')
      .description('whether the account is complete, may send, and somebody can be reached')
      .requiredOption('--tenant <id>', 'its id'),
    async ({ ctx, output, options: { tenant: tenantId } }) => {
      await findTenant(ctx, tenantId);
      const shown = await withTenant(tenantId, async () => {
        const row = await ensureAccount(ctx, tenantId);
        const { origin, missing, terms, eeaDecision } = row;
        return {
          tenantId,
          origin,
          missing,
          terms: terms?.number ?? null,
          termsUntil: terms?.until ?? null,
          eeaDecision: eeaDecision === undefined ? null : eeaDecision.allowed ? 'allow' : 'refuse',
          emergencyReachable: await isEmergencyReachable(ctx, row),
          mail: missingForMail(ctx) === null,
        };
      });
      output.one(shown);
    },
  );
}
