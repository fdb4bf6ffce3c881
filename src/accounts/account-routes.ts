/** REST: the account, its hand-over, and the policy that people accept. */
import { z } from 'zod';

import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { publicRoute, type Route, route } from '../http/route.ts';
import { Users } from '../tenants/people-model.ts';
import { endSessions } from '../tenants/sessions.ts';
import { findTenant } from '../tenants/tenants.ts';
import {
  AccountBody,
  accountData,
  changeAccount,
  findAccount,
  isEmergencyReachable,
  signatoryOf,
} from './account.ts';
import { acceptHandOver, endHandOver, offerHandOver, openHandOver } from './hand-over.ts';
import { acceptance } from './invitations.ts';
import { currentPolicy } from './legal-texts.ts';
import type { AccountRow } from './model.ts';
import { completeAccount } from './owners.ts';
import { areActive, barOf } from './terms.ts';
import { findUser } from './users.ts';
import { profileBody } from './words.ts';

const time = z.iso.datetime();
const HandOverSchema = z.object({ from: z.string(), to: z.string(), offeredAt: time, endsAt: time });
const AccountSchema = z
  .object({
    accountNumber: z.string().meta({ description: 'Identifies the account; proves nothing.' }),
    name: z.string(),
    company: z.object({ isCompany: z.boolean(), number: z.string().optional() }).nullable(),
    contactPerson: z.object({ name: z.string(), email: z.string(), phone: z.string() }).nullable(),
    privacyContact: z.object({ name: z.string(), email: z.string() }).nullable(),
    privacyPolicyUrl: z.string().nullable(),
    emergencyUserId: z.string().nullable().meta({ description: 'Null: the owner.' }),
    emergencyReachable: z.boolean(),
    eea: z
      .object({ established: z.boolean(), servesThere: z.boolean(), otherwiseSubject: z.boolean() })
      .nullable(),
    terms: z
      .object({
        number: z.string(),
        version: z.string(),
        signatory: z.string().nullable(),
        from: time,
        until: time.nullable(),
        active: z.boolean(),
      })
      .nullable(),
    missing: z.array(z.string()).meta({ description: 'What is to be filled in.' }),
    maySend: z.boolean(),
    handOver: HandOverSchema.nullable(),
  })
  .meta({ id: 'Account' });

const Done = z.object({ done: z.literal(true) });
const done = { done: true } as const;
const people = { forPeople: true } as const;

export const accountRoutes: Route[] = [
  route({
    ...people,
    method: 'get',
    path: '/v1/account',
    summary: 'What is on record of the account',
    scope: 'account:read',
    response: AccountSchema,
    handle: (ctx, { tenantId }) => accountView(ctx, tenantId),
  }),
  route({
    ...people,
    method: 'put',
    path: '/v1/account',
    summary: 'Change what is on record',
    description: 'What is not named stays as it is.',
    scope: 'account:write',
    body: AccountBody,
    response: AccountSchema,
    problems: { 409: '`eea-not-served`: the operator decides first.' },
    async handle(ctx, { tenantId, principal, body }) {
      await changeAccount(ctx, { tenantId, actor: principal, change: body });
      return accountView(ctx, tenantId);
    },
  }),
  route({
    ...people,
    method: 'post',
    path: '/v1/account/complete',
    summary: 'The owner completes an account that the operator made',
    scope: 'account:write',
    whilePending: true,
    body: profileBody
      .omit({ email: true })
      .extend({ account: AccountBody.required({ company: true, contactPerson: true, eea: true }) }),
    response: AccountSchema,
    problems: { 403: '`owner-only`.', 409: '`already-complete`, `eea-not-served`.' },
    async handle(ctx, { tenantId, caller, body }) {
      await completeAccount(ctx, { tenantId, userId: caller.id, completion: body });
      return accountView(ctx, tenantId);
    },
  }),
  route({
    ...people,
    method: 'post',
    path: '/v1/account/hand-over',
    summary: 'Offer the account to another person; they accept within 7 days',
    scope: 'account:write',
    body: z.strictObject({ to: z.string().max(100) }),
    response: HandOverSchema,
    problems: { 403: '`owner-only`.', 409: '`not-ready`: the person has not joined yet.' },
    async handle(ctx, { tenantId, caller, body: { to } }) {
      const owner = await findUser(ctx, caller.id);
      return handOverView(await offerHandOver(ctx, { tenantId, owner, to }));
    },
  }),
  route({
    ...people,
    method: 'get',
    path: '/v1/account/hand-over',
    summary: 'The hand-over that is offered to you or by you',
    scope: 'any-caller',
    response: z.object({ handOver: HandOverSchema.nullable() }),
    async handle(ctx, { tenantId, caller: { id } }) {
      const offer = await openHandOver(ctx, tenantId);
      const isTheirs = offer !== null && [offer.from, offer.to].includes(id);
      return { handOver: isTheirs ? handOverView(offer) : null };
    },
  }),
  route({
    ...people,
    method: 'post',
    path: '/v1/account/hand-over/accept',
    summary: 'Take the account over; the owner before becomes an administrator',
    scope: 'any-caller',
    response: Done,
    problems: { 409: '`no-hand-over`: nothing is offered to you.' },
    async handle(ctx, { tenantId, caller: { id } }) {
      await acceptHandOver(ctx, tenantId, id);
      return done;
    },
  }),
  route({
    ...people,
    method: 'delete',
    path: '/v1/account/hand-over',
    summary: 'Take an offer back, or decline it',
    scope: 'any-caller',
    response: Done,
    problems: { 409: '`no-hand-over`: nothing is offered by you or to you.' },
    async handle(ctx, { tenantId, caller: { id } }) {
      await endHandOver(ctx, tenantId, id);
      return done;
    },
  }),
  publicRoute({
    method: 'get',
    path: '/v1/policy',
    summary: 'The privacy policy that people accept',
    scope: 'public',
    response: z.object({
      version: z.string(),
      hash: z.string(),
      text: z.object({ en: z.string(), he: z.string() }),
    }),
    handle: (ctx) => Promise.resolve(currentPolicy(ctx.settings)),
  }),
  route({
    ...people,
    method: 'post',
    path: '/v1/policy/accept',
    summary: 'Accept the policy in force',
    scope: 'any-caller',
    whilePending: true,
    body: z.strictObject({ version: z.string().max(40) }),
    response: Done,
    problems: { 409: '`other-policy`: another version is in force.' },
    async handle(ctx, { tenantId, principal, caller: { id }, body: { version } }) {
      const accepted = acceptance(ctx, version, 'console');
      await audit(ctx, {
        tenantId,
        actor: principal,
        action: 'policy.accepted',
        objects: [id],
        outcome: 'allowed',
        details: { policyVersion: accepted.version, policyHash: accepted.hash },
      });
      await ctx.store.model(Users).updateOne({ _id: id }, { $set: { accepted } }).exec();
      return done;
    },
  }),
  route({
    ...people,
    method: 'post',
    path: '/v1/policy/decline',
    summary: 'Decline the policy in force: you are signed out',
    scope: 'any-caller',
    whilePending: true,
    body: z.strictObject({ version: z.string().max(40) }),
    response: Done,
    problems: { 409: '`other-policy`: another version is in force.' },
    async handle(ctx, { tenantId, principal, caller: { id }, body: { version } }) {
      acceptance(ctx, version, 'console');
      await audit(ctx, {
        tenantId,
        actor: principal,
        action: 'policy.declined',
        objects: [id],
        outcome: 'allowed',
      });
      await endSessions(ctx, { userId: id, by: 'policy-declined' });
      return done;
    },
  }),
];

async function accountView(ctx: Context, tenantId: string): Promise<z.output<typeof AccountSchema>> {
  const row = await findAccount(ctx, tenantId);
  const [{ accountNumber, name }, data] = await Promise.all([
    findTenant(ctx, tenantId),
    accountData(ctx, row),
  ]);
  const {
    company = null,
    contactPerson = null,
    privacyContact = null,
    privacyPolicyUrl = null,
    eea = null,
  } = data;
  const handOver = await openHandOver(ctx, tenantId);
  return {
    accountNumber,
    name,
    company,
    contactPerson,
    privacyContact,
    privacyPolicyUrl,
    emergencyUserId: row?.emergencyUserId ?? null,
    emergencyReachable: await isEmergencyReachable(ctx, row),
    eea,
    terms: row && (await termsView(ctx, row)),
    missing: row?.missing ?? ['company', 'contactPerson', 'privacyContact', 'privacyPolicyUrl', 'eea'],
    maySend: row === null || barOf(row, ctx.clock.now()) === null,
    handOver: handOver && handOverView(handOver),
  };
}

async function termsView(ctx: Context, row: AccountRow) {
  if (!row.terms) return null;
  const { number, version, from, until } = row.terms;
  return {
    number,
    version,
    signatory: await signatoryOf(ctx, row),
    from: from.toISOString(),
    until: until?.toISOString() ?? null,
    active: areActive(row.terms, ctx.clock.now()),
  };
}

function handOverView({ from, to, offeredAt, endsAt }: NonNullable<AccountRow['handOver']>) {
  return { from, to, offeredAt: offeredAt.toISOString(), endsAt: endsAt.toISOString() };
}
