/** A person's own password and second factors. Each change needs the password of now: an open screen is not enough. */
import type { Context } from '../context.ts';
import type { Caller } from '../http/route.ts';
import { notFound, Reject } from '../ops/errors.ts';
import { type Credentials, Sessions, type UserRow } from '../tenants/people-model.ts';
import { endSessions, profileOf } from '../tenants/sessions.ts';
import { standingOf } from '../tenants/sign-in-rules.ts';
import { newRecoveryCodes, type NewTotp, newTotp, totpStep } from './codes.ts';
import { changeCredentials, credentialsOf, hasSecondFactor, setPassword } from './credentials.ts';
import { voidLinks } from './links.ts';
import { registered, registrationOptions, type RegistrationResponseJSON } from './passkeys.ts';
import { checkPassword, requireGoodPassword } from './passwords.ts';
import { activePerson } from './people.ts';
import { openTicket, sealTicket, type Ticket, ticketIsOver, useTicket } from './tickets.ts';
import { codeWait } from './tries.ts';
import { beginTry, forgetTries } from './waits.ts';

export async function factorsOf(ctx: Context, caller: Caller) {
  const {
    password,
    passwordSetAt,
    totp,
    passkeys = [],
    recoveryCodes = [],
  } = await credentialsOf(ctx, await person(ctx, caller));
  return {
    password: { isSet: password !== undefined, setAt: passwordSetAt ?? null },
    authenticatorApp: totp !== undefined,
    passkeys: passkeys.map(({ id, name, createdAt }) => ({ id, name, createdAt })),
    recoveryCodesLeft: recoveryCodes.length,
    secondFactorForAll: (await standingOf(ctx, caller.tenantId)).rules.secondFactorForAll,
  };
}

/** Other sessions end. @throws Reject (403) `wrong-password`, (422) `weak-password` */
export async function changePassword(
  ctx: Context,
  caller: Caller,
  { current, password }: { current: string; password: string },
): Promise<void> {
  const user = await requirePassword(ctx, caller, current);
  if (current.normalize('NFKC') === password.normalize('NFKC')) {
    const message = 'must be another one than before';
    throw new Reject(422, 'weak-password', `The password ${message}.`, {
      errors: [{ path: 'password', message }],
    });
  }
  await setPassword(ctx, user, password);
  await voidLinks(ctx, { userId: user._id, purpose: 'password-reset' });
  await endSessions(ctx, { userId: user._id, except: caller.session?.id, by: 'password-changed' });
}

/** The secret counts when a code of it was given. */
export async function beginTotp(ctx: Context, caller: Caller): Promise<NewTotp & { ticket: string }> {
  const user = await person(ctx, caller);
  const totp = await newTotp((await profileOf(ctx, user)).username);
  const data = { userId: user._id, secret: totp.secret };
  return { ...totp, ticket: await sealTicket(ctx, caller.tenantId, 'totp', data) };
}

/** @returns recovery codes, shown this once. @throws Reject (422) `wrong-code` */
export async function finishTotp(
  ctx: Context,
  caller: Caller,
  { ticket, code, password }: { ticket: string; code: string; password: string },
): Promise<string[]> {
  const opened = await ownTicket<{ secret: string }>(ctx, caller, 'totp', ticket);
  const user = await requirePassword(ctx, caller, password);
  const { secret: totp } = opened.data;
  const step = await totpStep(ctx, { totp }, code);
  if (step === null) {
    const message = 'is not what the app shows now';
    throw new Reject(422, 'wrong-code', `The code ${message}.`, { errors: [{ path: 'code', message }] });
  }
  await useTicket(ctx, opened);
  const { codes, kept } = newRecoveryCodes(ctx);
  await changeCredentials(ctx, user._id, (now) => ({ ...now, totp, totpStep: step, recoveryCodes: kept }));
  await strengthen(ctx, caller);
  return codes;
}

/** New ones; those of before no longer work. */
export async function renewRecoveryCodes(ctx: Context, caller: Caller, password: string): Promise<string[]> {
  const user = await requirePassword(ctx, caller, password);
  const { codes, kept } = newRecoveryCodes(ctx);
  await changeCredentials(ctx, user._id, (now) => ({ ...now, recoveryCodes: kept }));
  return codes;
}

export async function beginPasskeySetUp(ctx: Context, caller: Caller) {
  const user = await person(ctx, caller);
  const { passkeys = [] } = await credentialsOf(ctx, user);
  const label = (await profileOf(ctx, user)).username;
  const options = await registrationOptions(ctx, { userId: user._id, label, known: passkeys });
  const data = { userId: user._id, challenge: options.challenge };
  return { ticket: await sealTicket(ctx, caller.tenantId, 'new-passkey', data), options: { ...options } };
}

interface NewPasskey {
  ticket: string;
  response: RegistrationResponseJSON;
  name: string;
  password: string;
}

/** @throws Reject (422) `wrong-passkey` */
export async function finishPasskeySetUp(
  ctx: Context,
  caller: Caller,
  { ticket, response, name, password }: NewPasskey,
): Promise<void> {
  const opened = await ownTicket<{ challenge: string }>(ctx, caller, 'new-passkey', ticket);
  const user = await requirePassword(ctx, caller, password);
  const passkey = await registered(ctx, { response, challenge: opened.data.challenge, name });
  if (!passkey) {
    throw new Reject(422, 'wrong-passkey', 'The browser’s answer does not fit. Please begin again.');
  }
  await useTicket(ctx, opened);
  await changeCredentials(ctx, user._id, (now) => ({
    ...now,
    passkeys: [...(now.passkeys ?? []).filter(({ id }) => id !== passkey.id), passkey],
  }));
  await strengthen(ctx, caller);
}

/**
 * Takes the authenticator app or a passkey away. Without any second factor the password must be long enough alone, and
 * recovery codes go too. @throws Reject (404), (409) `second-factor-demanded`, (422) `weak-password`
 */
export async function removeFactor(
  ctx: Context,
  caller: Caller,
  { password, passkeyId }: { password: string; passkeyId?: string | undefined },
): Promise<void> {
  const user = await requirePassword(ctx, caller, password);
  const without = (now: Credentials): Credentials => {
    const { totp, totpStep: step, ...rest } = now;
    if (passkeyId === undefined) return rest;
    const passkeys = (now.passkeys ?? []).filter(({ id }) => id !== passkeyId);
    return {
      ...rest,
      ...(totp === undefined ? {} : { totp }),
      ...(step === undefined ? {} : { totpStep: step }),
      passkeys,
    };
  };
  const now = await credentialsOf(ctx, user);
  const isThere =
    passkeyId === undefined ? now.totp !== undefined : now.passkeys?.some(({ id }) => id === passkeyId);
  if (isThere !== true) throw notFound('second factor');
  if (!hasSecondFactor(without(now))) {
    await requireNotDemanded(ctx, caller);
    requireGoodPassword(password, { hasSecondFactor: false, names: [] });
  }
  await changeCredentials(ctx, user._id, (then) => {
    const left = without(then);
    return hasSecondFactor(left) ? left : { ...left, recoveryCodes: [] };
  });
}

/** @throws Reject (409) `second-factor-demanded` */
async function requireNotDemanded(ctx: Context, { tenantId }: Caller): Promise<void> {
  if (!(await standingOf(ctx, tenantId)).rules.secondFactorForAll) return;
  throw new Reject(
    409,
    'second-factor-demanded',
    'Your business wants a second factor of everybody: add another one before you remove this one.',
  );
}

/** @throws Reject (410) `ticket-over`, also for one of another person */
async function ownTicket<Data>(
  ctx: Context,
  { tenantId, id }: Caller,
  use: string,
  ticket: string,
): Promise<Ticket<Data & { userId: string }>> {
  const opened = await openTicket<Data & { userId: string }>(ctx, use, ticket);
  if (opened.data.userId !== id || opened.tenantId !== tenantId) throw ticketIsOver();
  return opened;
}

async function person(ctx: Context, { id }: Caller): Promise<UserRow> {
  const user = await activePerson(ctx, id);
  if (!user) throw notFound('person');
  return user;
}

/** Fresh proof of who sits there. @throws Reject (403) `wrong-password`, (429) `wait` */
export async function requirePassword(
  ctx: Context,
  caller: Caller,
  given: string,
  field = 'current',
): Promise<UserRow> {
  const user = await person(ctx, caller);
  const wait = await codeWait(ctx, caller.tenantId, caller.id);
  await beginTry(ctx, [wait]);
  const { password } = await credentialsOf(ctx, user);
  if (!(await checkPassword(password, given)).isRight) {
    const message = 'is not your password of now';
    throw new Reject(403, 'wrong-password', `This ${message}.`, { errors: [{ path: field, message }] });
  }
  await forgetTries(ctx, [wait]);
  return user;
}

/** Who has just shown a second factor has a strong session. */
async function strengthen(ctx: Context, { session }: Caller): Promise<void> {
  await ctx.store
    .model(Sessions)
    .updateOne({ _id: session?.id ?? '' }, { $set: { strong: true } })
    .exec();
}
