/**
 * Signing in: password, then the second factor where there is one, then a session of its own.
 *
 *   name and password ──no second factor──▶ session
 *   name and password ──ticket──▶ code, recovery code or passkey ──▶ session
 *   passkey alone (it asks for finger, face or PIN itself) ──▶ session
 *
 * Whoever is refused gets one answer, and the same work is done for it, whether account, name or password was wrong.
 */
import type { IncomingMessage } from 'node:http';

import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';

import { audit } from '../audit/audit.ts';
import { INSTALLATION } from '../audit/model.ts';
import type { Context } from '../context.ts';
import { Reject } from '../ops/errors.ts';
import { clientAddress } from '../ops/proxies.ts';
import { asOperator, withTenant } from '../store/scope.ts';
import { type TenantRecord, Tenants } from '../tenants/model.ts';
import { type Credentials, type UserRow, Users } from '../tenants/people-model.ts';
import { startSession } from '../tenants/sessions.ts';
import { standingOf } from '../tenants/sign-in-rules.ts';
import { totpStep, withoutRecoveryCode } from './codes.ts';
import { deviceCookie, sessionCookie } from './cookies.ts';
import { changeCredentials, credentialsOf, hasSecondFactor } from './credentials.ts';
import { authenticated, authenticationOptions, type AuthenticationResponseJSON } from './passkeys.ts';
import { checkPassword, hashPassword } from './passwords.ts';
import { activePerson, findPerson } from './people.ts';
import { openTicket, sealTicket, useTicket } from './tickets.ts';
import { addressWait, codeWait, type Try, waitsAround, waitsOf, watchForSpraying } from './tries.ts';
import { beginTry, forgetTries } from './waits.ts';

const MONTH_MS = 30 * 24 * 3_600_000;

export interface Asker {
  request: IncomingMessage;
  setCookie: (line: string) => void;
}

export type SignedIn =
  | { state: 'signed-in'; csrfToken: string; endsAt: string }
  | {
      state: 'second-factor';
      ticket: string;
      methods: ('code' | 'recovery-code' | 'passkey')[];
      /** `PublicKeyCredentialRequestOptionsJSON` */
      passkey?: Record<string, unknown>;
    };

interface Half {
  userId: string;
  challenge?: string;
}

export interface Proof {
  code?: string | undefined;
  recoveryCode?: string | undefined;
  passkey?: AuthenticationResponseJSON | undefined;
}

/** @throws Reject (401) `sign-in-refused`, (429) `wait` */
export async function signIn(
  ctx: Context,
  { accountNumber, name, password }: { accountNumber: string; name: string; password: string },
  asker: Asker,
): Promise<SignedIn> {
  const { tenantId, user } = await findPerson(ctx, accountNumber, name);
  const tried: Try = { tenantId, accountNumber, name, userId: user?._id ?? null, request: asker.request };
  const waits = await waitsOf(ctx, tried);
  await beginTry(ctx, waits);
  const credentials = user ? await withTenant(tenantId, () => credentialsOf(ctx, user)) : {};
  const { isRight, isOld } = await checkPassword(credentials.password, password);
  if (!user || !isRight) {
    await refuse(ctx, { tenantId, userId: user?._id ?? null, reason: 'password' });
    await watchForSpraying(ctx, tried);
    throw refused();
  }
  if (isOld) await renewHash(ctx, user, credentials, password);
  if (hasSecondFactor(credentials)) return askForMore(ctx, user, credentials);
  await forgetTries(ctx, waits);
  return begin(ctx, user, { strong: false, way: 'password', credentials }, asker);
}

/** @throws Reject (401) `code-refused`, (410) `ticket-over`, (429) `wait` */
export async function finishSignIn(
  ctx: Context,
  { ticket, ...proof }: Proof & { ticket: string },
  asker: Asker,
): Promise<SignedIn> {
  const opened = await openTicket<Half>(ctx, 'second-factor', ticket);
  const { tenantId, data } = opened;
  const wait = await codeWait(ctx, tenantId, data.userId);
  await beginTry(ctx, [wait]);
  const user = await withTenant(tenantId, () => activePerson(ctx, data.userId));
  const credentials = user && (await withTenant(tenantId, () => proven(ctx, user, proof, data.challenge)));
  if (!user || !credentials) {
    await refuse(ctx, { tenantId, userId: data.userId, reason: 'second-factor' });
    throw new Reject(
      401,
      'code-refused',
      'This is not the code of now, or it was used already. Try the next one.',
    );
  }
  await useTicket(ctx, opened);
  await forgetTries(ctx, [wait, ...(await waitsAround(ctx, tenantId, user._id))]);
  const way = proof.passkey ? 'passkey' : proof.code === undefined ? 'recovery-code' : 'code';
  return begin(ctx, user, { strong: true, way, credentials }, asker);
}

/** What a browser needs to ask for a passkey; the same for any account number. */
export async function beginPasskey(
  ctx: Context,
): Promise<{ ticket: string; options: PublicKeyCredentialRequestOptionsJSON }> {
  const options = await authenticationOptions(ctx, []);
  const ticket = await sealTicket(ctx, INSTALLATION, 'passkey', { challenge: options.challenge });
  return { ticket, options };
}

/** A passkey names its person itself (`userHandle`). @throws Reject (401) `sign-in-refused` */
export async function signInByPasskey(
  ctx: Context,
  {
    accountNumber,
    ticket,
    response,
  }: { accountNumber: string; ticket: string; response: AuthenticationResponseJSON },
  asker: Asker,
): Promise<SignedIn> {
  await beginTry(ctx, [await addressWait(ctx, asker.request)]);
  const opened = await openTicket<{ challenge: string }>(ctx, 'passkey', ticket);
  const tenant = await asOperator('sign-in: tenant by account number', () =>
    ctx.store.model(Tenants).findOne({ accountNumber, status: 'active' }).lean<TenantRecord>().exec(),
  );
  const tenantId = tenant?._id ?? INSTALLATION;
  const userId = Buffer.from(response.response.userHandle ?? '', 'base64url').toString();
  const user = await withTenant(tenantId, () => activePerson(ctx, userId));
  const { challenge } = opened.data;
  const credentials =
    user && (await withTenant(tenantId, () => proven(ctx, user, { passkey: response }, challenge)));
  if (!user || !credentials) {
    await refuse(ctx, { tenantId, userId: user?._id ?? null, reason: 'passkey' });
    throw refused();
  }
  await useTicket(ctx, opened);
  await forgetTries(ctx, [await addressWait(ctx, asker.request)]);
  return begin(ctx, user, { strong: true, way: 'passkey', credentials }, asker);
}

/** Takes what was given: a code or a counter is used up by compare-and-set. Null when it does not fit. */
async function proven(
  ctx: Context,
  user: UserRow,
  { code, recoveryCode, passkey }: Proof,
  challenge: string | undefined,
): Promise<Credentials | null> {
  const credentials = await credentialsOf(ctx, user);
  if (passkey && challenge !== undefined) {
    const moved = await authenticated(ctx, credentials, { response: passkey, challenge });
    return moved && changeCredentials(ctx, user._id, (now) => ({ ...now, passkeys: moved.passkeys ?? [] }));
  }
  if (recoveryCode !== undefined) {
    return changeCredentials(ctx, user._id, (now) => withoutRecoveryCode(now, recoveryCode));
  }
  const { totp, totpStep: last } = credentials;
  if (totp === undefined || code === undefined) return null;
  const step = await totpStep(ctx, { totp, totpStep: last }, code);
  if (step === null) return null;
  return changeCredentials(ctx, user._id, (now) =>
    now.totp !== totp || (now.totpStep ?? 0) >= step ? null : { ...now, totpStep: step },
  );
}

async function askForMore(ctx: Context, user: UserRow, credentials: Credentials): Promise<SignedIn> {
  const { totp, passkeys = [], recoveryCodes = [] } = credentials;
  const passkey = passkeys.length > 0 ? await authenticationOptions(ctx, passkeys) : undefined;
  const half: Half = { userId: user._id, ...(passkey ? { challenge: passkey.challenge } : {}) };
  return {
    state: 'second-factor',
    ticket: await sealTicket(ctx, user.tenantId, 'second-factor', half),
    methods: [
      ...(passkey ? (['passkey'] as const) : []),
      ...(totp === undefined ? [] : (['code'] as const)),
      ...(recoveryCodes.length > 0 ? (['recovery-code'] as const) : []),
    ],
    ...(passkey ? { passkey: { ...passkey } } : {}),
  };
}

interface Way {
  strong: boolean;
  way: string;
  credentials: Credentials;
}

async function begin(
  ctx: Context,
  user: UserRow,
  { strong, way, credentials }: Way,
  asker: Asker,
): Promise<SignedIn> {
  const { tenantId, _id: userId } = user;
  const { request, setCookie } = asker;
  await askForNewPassword(ctx, user, credentials);
  await audit(ctx, {
    tenantId,
    actor: `user:${userId}`,
    action: 'session.started',
    objects: [userId],
    outcome: 'allowed',
    details: { way, strong },
  });
  const device = {
    userAgent: (request.headers['user-agent'] ?? '').slice(0, 300),
    address: clientAddress(ctx, request),
  };
  const { token, csrfToken, endsAt } = await startSession(ctx, { tenantId, userId, strong, device });
  setCookie(sessionCookie(token, endsAt));
  setCookie(await deviceCookie(ctx, tenantId, userId));
  return { state: 'signed-in', csrfToken, endsAt: endsAt.toISOString() };
}

/** Only where the business wants a new password every so many months. */
async function askForNewPassword(
  ctx: Context,
  user: UserRow,
  { password, passwordSetAt }: Credentials,
): Promise<void> {
  const { passwordMonths: months } = (await standingOf(ctx, user.tenantId)).rules;
  if (months === 0 || password === undefined) return;
  if (ctx.clock.now() - Date.parse(passwordSetAt ?? '1970-01-01') < months * MONTH_MS) return;
  await withTenant(user.tenantId, () =>
    ctx.store
      .model(Users)
      .updateOne({ _id: user._id }, { $set: { mustChangePassword: true } })
      .exec(),
  );
}

async function renewHash(
  ctx: Context,
  user: UserRow,
  { password: old }: Credentials,
  given: string,
): Promise<void> {
  const password = await hashPassword(given);
  await withTenant(user.tenantId, () =>
    changeCredentials(ctx, user._id, (now) => (now.password === old ? { ...now, password } : null)),
  );
}

async function refuse(
  ctx: Context,
  { tenantId, userId, reason }: { tenantId: string; userId: string | null; reason: string },
): Promise<void> {
  await audit(ctx, {
    tenantId: tenantId === INSTALLATION ? null : tenantId,
    actor: 'system',
    action: 'session.refused',
    objects: userId === null ? [] : [userId],
    outcome: 'refused',
    reason,
  });
}

function refused(): Reject {
  return new Reject(401, 'sign-in-refused', 'Account number, name or password is wrong.');
}
