/** REST for people who are not signed in: signing in, and setting a forgotten password anew. */
import { z } from 'zod';

import { publicRoute, type Route } from '../http/route.ts';
import { MAIL_LANGUAGES } from '../mail/model.ts';
import type { AuthenticationResponseJSON } from './passkeys.ts';
import { MOST_CHARACTERS } from './passwords.ts';
import { askForReset, finishReset } from './reset.ts';
import { beginPasskey, finishSignIn, signIn, signInByPasskey } from './sign-in.ts';

const accountNumber = z.string().regex(/^\d{10}$/, 'must be the ten digits of the account number');
/** UTF-16 units, of which a character has two at most. */
export const passwordField = z
  .string()
  .min(1)
  .max(2 * MOST_CHARACTERS);
export const ticketField = z.string().max(6_000);
const browserOptions = z.record(z.string(), z.unknown());
const encoded = z.string().max(20_000);
/**
 * What the browser's WebAuthn gives (`PublicKeyCredential.toJSON`); the library that reads it checks the parts. Browsers
 * add fields of their own from time to time: those are dropped, not refused.
 */
export const browserResponse = z.object({
  id: z.string().max(2_000),
  rawId: z.string().max(2_000),
  type: z.literal('public-key'),
  authenticatorAttachment: z.string().max(100).nullish(),
  clientExtensionResults: z.object({}).optional(),
  response: z.object({
    clientDataJSON: encoded,
    attestationObject: encoded.optional(),
    authenticatorData: encoded.optional(),
    signature: encoded.optional(),
    userHandle: encoded.nullish(),
    transports: z.array(z.string().max(100)).max(20).optional(),
    publicKeyAlgorithm: z.int().optional(),
    publicKey: encoded.nullish(),
  }),
});

const SignedInSchema = z
  .object({
    state: z.enum(['signed-in', 'second-factor']),
    csrfToken: z.string().optional(),
    endsAt: z.iso.datetime().optional(),
    ticket: z
      .string()
      .optional()
      .meta({ description: 'For `POST /v1/sign-in/second-factor`, within ten minutes.' }),
    methods: z.array(z.enum(['code', 'recovery-code', 'passkey'])).optional(),
    passkey: browserOptions.optional(),
  })
  .meta({ id: 'SignedIn' });

const problems = {
  401: 'Account number, name, password or code is wrong; the answer is the same for all.',
  429: 'Too many failed tries: wait as long as `Retry-After` says.',
};

const asResponse = (given: unknown) => given as AuthenticationResponseJSON;

export const publicSignInRoutes: Route[] = [
  publicRoute({
    method: 'post',
    path: '/v1/sign-in',
    summary: 'Sign in with user name or e-mail and password',
    description: 'Sets the session cookie, or asks for the second factor.',
    scope: 'public',
    body: z.strictObject({ accountNumber, name: z.string().min(1).max(300), password: passwordField }),
    response: SignedInSchema,
    problems,
    handle: async (ctx, { body, request, setCookie }) => ({
      ...(await signIn(ctx, body, { request, setCookie })),
    }),
  }),
  publicRoute({
    method: 'post',
    path: '/v1/sign-in/second-factor',
    summary: 'Finish signing in with a second factor',
    scope: 'public',
    body: z
      .strictObject({
        ticket: ticketField,
        code: z.string().max(20).optional(),
        recoveryCode: z.string().max(40).optional(),
        passkey: browserResponse.optional(),
      })
      .refine(
        ({ code, recoveryCode, passkey }) =>
          [code, recoveryCode, passkey].filter((given) => given !== undefined).length === 1,
        { error: 'give one of code, recoveryCode and passkey' },
      ),
    response: SignedInSchema,
    problems: { ...problems, 410: 'The ticket is too old: begin again.' },
    handle: async (ctx, { body: { passkey, ...body }, request, setCookie }) => ({
      ...(await finishSignIn(
        ctx,
        { ...body, ...(passkey ? { passkey: asResponse(passkey) } : {}) },
        { request, setCookie },
      )),
    }),
  }),
  publicRoute({
    method: 'post',
    path: '/v1/sign-in/passkey/begin',
    summary: 'What a browser needs to ask for a passkey',
    scope: 'public',
    response: z.object({ ticket: z.string(), options: browserOptions }),
    handle: async (ctx) => {
      const { ticket, options } = await beginPasskey(ctx);
      return { ticket, options: { ...options } };
    },
  }),
  publicRoute({
    method: 'post',
    path: '/v1/sign-in/passkey/finish',
    summary: 'Sign in with a passkey alone',
    scope: 'public',
    body: z.strictObject({ accountNumber, ticket: ticketField, response: browserResponse }),
    response: SignedInSchema,
    problems: { ...problems, 410: 'The ticket is too old: begin again.' },
    handle: async (ctx, { body: { response, ...body }, request, setCookie }) => ({
      ...(await signInByPasskey(ctx, { ...body, response: asResponse(response) }, { request, setCookie })),
    }),
  }),
  publicRoute({
    method: 'post',
    path: '/v1/password-reset',
    summary: 'Ask for a mail to set a forgotten password anew',
    description: 'The answer is the same for known and unknown addresses.',
    scope: 'public',
    status: 202,
    body: z.strictObject({
      accountNumber,
      email: z.email().max(254),
      language: z.enum(MAIL_LANGUAGES).default('en'),
    }),
    response: z.object({ sent: z.literal('if-known') }),
    problems: { 429: problems[429], 503: 'This installation can’t send mail.' },
    handle: async (ctx, { body, request }) => {
      await askForReset(ctx, body, request);
      return { sent: 'if-known' as const };
    },
  }),
  publicRoute({
    method: 'post',
    path: '/v1/password-reset/finish',
    summary: 'Set a new password with the link of the mail',
    description: 'Ends all sessions of the person. A second factor stays asked for.',
    scope: 'public',
    body: z.strictObject({ token: z.string().max(200), password: passwordField }),
    response: z.object({ changed: z.literal(true) }),
    problems: {
      410: 'The link was used, is too old, or never was.',
      422: 'The password is not good enough.',
    },
    handle: async (ctx, { body }) => {
      await finishReset(ctx, body);
      return { changed: true as const };
    },
  }),
];
