/** REST for people: their sessions, password and second factors. Whoever has steps pending may use all of it. */
import { z } from 'zod';

import { type Route, route } from '../http/route.ts';
import { idParams } from '../http/schemas.ts';
import { textLine } from '../tenants/input.ts';
import { endSessions } from '../tenants/sessions.ts';
import { endedSessionCookie } from './cookies.ts';
import {
  beginPasskeySetUp,
  beginTotp,
  changePassword,
  factorsOf,
  finishPasskeySetUp,
  finishTotp,
  removeFactor,
  renewRecoveryCodes,
} from './own-factors.ts';
import { endEverything, endOthers, endSession, listSessions } from './own-sessions.ts';
import type { RegistrationResponseJSON } from './passkeys.ts';
import { browserResponse, passwordField, ticketField } from './public-routes.ts';

const done = z.object({ done: z.literal(true) });
const DONE = { done: true as const };
const ofPeople = { scope: 'any-caller', forPeople: true, whilePending: true } as const;
const byPassword = z.strictObject({ password: passwordField });
const codes = z.object({
  recoveryCodes: z.array(z.string()).meta({ description: 'Shown this once: each lets the person in once.' }),
});

const SessionSchema = z
  .object({
    id: z.string(),
    current: z.boolean(),
    startedAt: z.iso.datetime(),
    seenAt: z.iso.datetime(),
    endsAt: z.iso.datetime(),
    strong: z.boolean().meta({ description: 'A second factor was shown.' }),
    userAgent: z.string(),
    address: z.string(),
  })
  .meta({ id: 'Session' });

const FactorsSchema = z
  .object({
    password: z.object({ isSet: z.boolean(), setAt: z.string().nullable() }),
    authenticatorApp: z.boolean(),
    passkeys: z.array(z.object({ id: z.string(), name: z.string(), createdAt: z.string() })),
    recoveryCodesLeft: z.int(),
    secondFactorForAll: z.boolean().meta({ description: 'The business wants one of everybody.' }),
  })
  .meta({ id: 'Factors' });

const sessionRoutes: Route[] = [
  route({
    ...ofPeople,
    method: 'post',
    path: '/v1/sign-out',
    summary: 'End this session',
    response: done,
    audits: { action: 'session.ended' },
    async handle(ctx, { caller, setCookie, clearCache }) {
      await endSessions(ctx, { userId: caller.id, sessionId: caller.session?.id ?? '', by: 'signed-out' });
      setCookie(endedSessionCookie());
      clearCache();
      return DONE;
    },
  }),
  route({
    ...ofPeople,
    method: 'get',
    path: '/v1/sessions',
    summary: 'List my sessions, newest first',
    response: z.object({ items: z.array(SessionSchema) }),
    handle: async (ctx, { caller }) => ({ items: await listSessions(ctx, caller) }),
  }),
  route({
    ...ofPeople,
    method: 'post',
    path: '/v1/sessions/{id}/end',
    summary: 'End one of my sessions',
    params: idParams,
    response: done,
    audits: { action: 'session.ended' },
    async handle(ctx, { caller, params }) {
      await endSession(ctx, caller, params.id);
      return DONE;
    },
  }),
  route({
    ...ofPeople,
    method: 'post',
    path: '/v1/sessions/end-others',
    summary: 'End my sessions, but for this one',
    response: z.object({ sessions: z.int() }),
    audits: { action: 'session.others-ended' },
    handle: async (ctx, { caller }) => ({ sessions: await endOthers(ctx, caller) }),
  }),
  route({
    ...ofPeople,
    method: 'post',
    path: '/v1/sessions/end-all',
    summary: 'Somebody else used my account: end everything',
    description:
      'Ends all sessions, this one too, revokes the keys that the person made, asks for a new password at the next sign-in, and tells the business.',
    response: z.object({ sessions: z.int(), keys: z.int() }),
    audits: { action: 'session.all-ended' },
    async handle(ctx, { caller, setCookie, clearCache }) {
      const ended = await endEverything(ctx, caller);
      setCookie(endedSessionCookie());
      clearCache();
      return ended;
    },
  }),
];

const factorRoutes: Route[] = [
  route({
    ...ofPeople,
    method: 'get',
    path: '/v1/factors',
    summary: 'How I prove myself',
    response: FactorsSchema,
    handle: async (ctx, { caller }) => factorsOf(ctx, caller),
  }),
  route({
    ...ofPeople,
    method: 'post',
    path: '/v1/password',
    summary: 'Change my password',
    description: 'My other sessions end.',
    body: z.strictObject({ current: passwordField, password: passwordField }),
    response: done,
    audits: { action: 'password.changed' },
    async handle(ctx, { caller, body }) {
      await changePassword(ctx, caller, body);
      return DONE;
    },
  }),
  route({
    ...ofPeople,
    method: 'post',
    path: '/v1/factors/app/begin',
    summary: 'Begin to set up an authenticator app',
    response: z.object({
      ticket: z.string(),
      secret: z.string(),
      uri: z.string(),
      qrCode: z.string().meta({ description: '`data:` address of a picture of `uri`.' }),
    }),
    handle: async (ctx, { caller }) => beginTotp(ctx, caller),
  }),
  route({
    ...ofPeople,
    method: 'post',
    path: '/v1/factors/app/finish',
    summary: 'Finish setting up an authenticator app, with a code of it',
    body: z.strictObject({ ticket: ticketField, code: z.string().max(20), password: passwordField }),
    response: codes,
    audits: { action: 'second-factor.added' },
    handle: async (ctx, { caller, body }) => ({ recoveryCodes: await finishTotp(ctx, caller, body) }),
  }),
  route({
    ...ofPeople,
    method: 'post',
    path: '/v1/factors/remove',
    summary: 'Remove the authenticator app, or a passkey',
    body: z.strictObject({ password: passwordField, passkeyId: z.string().max(2_000).optional() }),
    response: done,
    audits: { action: 'second-factor.removed' },
    async handle(ctx, { caller, body }) {
      await removeFactor(ctx, caller, body);
      return DONE;
    },
  }),
  route({
    ...ofPeople,
    method: 'post',
    path: '/v1/factors/recovery-codes',
    summary: 'New recovery codes; the old ones no longer work',
    body: byPassword,
    response: codes,
    audits: { action: 'recovery-codes.renewed' },
    handle: async (ctx, { caller, body }) => ({
      recoveryCodes: await renewRecoveryCodes(ctx, caller, body.password),
    }),
  }),
  route({
    ...ofPeople,
    method: 'post',
    path: '/v1/factors/passkey/begin',
    summary: 'Begin to add a passkey',
    response: z.object({ ticket: z.string(), options: z.record(z.string(), z.unknown()) }),
    handle: async (ctx, { caller }) => beginPasskeySetUp(ctx, caller),
  }),
  route({
    ...ofPeople,
    method: 'post',
    path: '/v1/factors/passkey/finish',
    summary: 'Add the passkey that the browser made',
    body: z.strictObject({
      ticket: ticketField,
      response: browserResponse,
      name: textLine(60),
      password: passwordField,
    }),
    response: done,
    audits: { action: 'second-factor.added' },
    async handle(ctx, { caller, body: { response, ...body } }) {
      await finishPasskeySetUp(ctx, caller, {
        ...body,
        response: response as unknown as RegistrationResponseJSON,
      });
      return DONE;
    },
  }),
];

export const ownSignInRoutes: Route[] = [...sessionRoutes, ...factorRoutes];
