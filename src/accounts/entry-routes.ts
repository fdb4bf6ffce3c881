/** REST, for people who can't sign in yet: sign-up, invitations, proof of an address. */
import { z } from 'zod';

import { publicRoute, type Route } from '../http/route.ts';
import { linkBase } from '../mail/mail.ts';
import { senderOf } from '../mail/transport.ts';
import { clientAddress } from '../ops/proxies.ts';
import { withTenant } from '../store/scope.ts';
import { profileOf } from '../tenants/sessions.ts';
import { acceptInvitation, openInvitation, proveAddress } from './invitations.ts';
import { removeInvited, signUp, SignUpBody } from './sign-up.ts';

const token = z.string('is missing').max(200);
const Done = z.object({ done: z.literal(true) });
const OVER = { 410: '`link-over`: the link was used, is too old, or never was.' };

export const entryRoutes: Route[] = [
  publicRoute({
    method: 'get',
    path: '/v1/about',
    summary: 'What the sign-in page says of this installation',
    scope: 'public',
    response: z.object({
      contactEmail: z.string(),
      policyUrl: z.string(),
      termsUrl: z.string().meta({ description: 'What a business accepts that opens an account.' }),
      signUp: z.boolean().meta({ description: 'Businesses open accounts themselves.' }),
    }),
    handle: (ctx) => {
      const base = linkBase(ctx);
      const { contact: contactEmail, policyUrl } = senderOf(ctx.settings, base);
      const signUp = ctx.settings.SIGN_UP === 'on';
      return Promise.resolve({ contactEmail, policyUrl, termsUrl: `${base}/terms`, signUp });
    },
  }),
  publicRoute({
    method: 'post',
    path: '/v1/sign-up',
    summary: 'Open an account',
    description: 'The answer is the same for every address: what comes next is mailed to it.',
    scope: 'public',
    status: 202,
    body: SignUpBody,
    response: z.object({ next: z.literal('read-mail') }),
    problems: {
      403: '`sign-up-closed`: the operator opens accounts.',
      409: '`eea-not-served`: the operator decides first.',
      429: '`rate-limited`',
      503: '`mail-not-set-up`',
    },
    async handle(ctx, { body, request }) {
      await signUp(ctx, body, clientAddress(ctx, request));
      return { next: 'read-mail' as const };
    },
  }),
  publicRoute({
    method: 'post',
    path: '/v1/invitations/look',
    summary: 'What a link invites to; it stays good',
    scope: 'public',
    body: z.strictObject({ token }),
    response: z.object({
      business: z.string(),
      accountNumber: z.string(),
      firstName: z.string(),
      role: z.enum(['owner', 'member']),
    }),
    problems: OVER,
    async handle(ctx, { body }) {
      const { user, tenant } = await openInvitation(ctx, body.token);
      const { firstName } = await withTenant(user.tenantId, () => profileOf(ctx, user));
      const role = user.role === 'owner' ? ('owner' as const) : ('member' as const);
      return { business: tenant.name, accountNumber: tenant.accountNumber, firstName, role };
    },
  }),
  publicRoute({
    method: 'post',
    path: '/v1/invitations/accept',
    summary: 'Set the password, and accept the policy',
    scope: 'public',
    body: z.strictObject({
      token,
      password: z.string('is missing').max(1_000),
      policyVersion: z.string('is missing').max(40),
    }),
    response: z.object({ accountNumber: z.string() }),
    problems: { ...OVER, 409: '`other-policy`', 422: '`weak-password`' },
    async handle(ctx, { body }) {
      const { accountNumber } = await acceptInvitation(ctx, body);
      return { accountNumber };
    },
  }),
  publicRoute({
    method: 'post',
    path: '/v1/invitations/decline',
    summary: 'Decline: what was kept of you is taken away',
    scope: 'public',
    body: z.strictObject({ token }),
    response: Done,
    problems: OVER,
    async handle(ctx, { body }) {
      const { user, tenant } = await openInvitation(ctx, body.token);
      await removeInvited(ctx, user, tenant.status === 'unproven');
      return { done: true as const };
    },
  }),
  publicRoute({
    method: 'post',
    path: '/v1/prove-email',
    summary: 'Show that an address is yours, by the link that was mailed to it',
    scope: 'public',
    body: z.strictObject({ token }),
    response: Done,
    problems: OVER,
    async handle(ctx, { body }) {
      await proveAddress(ctx, body.token);
      return { done: true as const };
    },
  }),
];
