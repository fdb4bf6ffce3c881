/** Passkeys (WebAuthn): made for this address only, so that no other page can ask for them. */
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server';

import type { Context } from '../context.ts';
import { linkBase } from '../mail/mail.ts';
import type { Credentials, Passkey } from '../tenants/people-model.ts';

export type { AuthenticationResponseJSON, RegistrationResponseJSON };

/** A fifth of the time in which everything else is loaded, and few processes meet a passkey. */
const library = () => import('@simplewebauthn/server');

/** Our own address as the operator set it, never as a request says. */
function party(ctx: Context): { origin: string; rpID: string } {
  const { origin, hostname } = new URL(linkBase(ctx));
  return { origin, rpID: hostname };
}

export async function registrationOptions(
  ctx: Context,
  { userId, label, known }: { userId: string; label: string; known: Passkey[] },
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  const { generateRegistrationOptions } = await library();
  return generateRegistrationOptions({
    rpName: 'WHATSPER',
    rpID: party(ctx).rpID,
    userID: new Uint8Array(Buffer.from(userId)),
    userName: label,
    attestationType: 'none',
    excludeCredentials: known.map(({ id }) => ({ id })),
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
  });
}

/** Null when the answer does not fit the challenge or our address. */
export async function registered(
  ctx: Context,
  { response, challenge, name }: { response: RegistrationResponseJSON; challenge: string; name: string },
): Promise<Passkey | null> {
  const { origin, rpID } = party(ctx);
  const expected = { expectedChallenge: challenge, expectedOrigin: origin, expectedRPID: rpID };
  const { verifyRegistrationResponse } = await library();
  const { verified, registrationInfo } = await unlessMalformed(() =>
    verifyRegistrationResponse({ response, ...expected }),
  );
  if (!verified || !registrationInfo) return null;
  const { id, publicKey, counter, transports = [] } = registrationInfo.credential;
  return {
    id,
    publicKey: Buffer.from(publicKey).toString('base64url'),
    counter,
    transports,
    name,
    createdAt: new Date(ctx.clock.now()).toISOString(),
  };
}

export async function authenticationOptions(
  ctx: Context,
  known: Passkey[],
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const { generateAuthenticationOptions } = await library();
  return generateAuthenticationOptions({
    rpID: party(ctx).rpID,
    allowCredentials: known.map(({ id }) => ({ id })),
    userVerification: 'required',
  });
}

/** The credentials with the passkey's counter moved on; null when none of them signed this challenge. */
export async function authenticated(
  ctx: Context,
  credentials: Credentials,
  { response, challenge }: { response: AuthenticationResponseJSON; challenge: string },
): Promise<Credentials | null> {
  const { passkeys = [] } = credentials;
  const passkey = passkeys.find(({ id }) => id === response.id);
  if (!passkey) return null;
  const { origin, rpID } = party(ctx);
  const { id, publicKey, counter } = passkey;
  const { verifyAuthenticationResponse } = await library();
  const { verified, authenticationInfo } = await unlessMalformed(() =>
    verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: rpID,
      credential: { id, publicKey: new Uint8Array(Buffer.from(publicKey, 'base64url')), counter },
    }),
  );
  if (!verified || !authenticationInfo) return null;
  const { newCounter } = authenticationInfo;
  return {
    ...credentials,
    passkeys: passkeys.map((known) => (known.id === id ? { ...known, counter: newCounter } : known)),
  };
}

/** The library throws at what does not fit; whoever asks is told no more than that. */
async function unlessMalformed<Result extends { verified: boolean }>(
  check: () => Promise<Result>,
): Promise<Result | { verified: false; registrationInfo?: undefined; authenticationInfo?: undefined }> {
  try {
    return await check();
  } catch {
    return { verified: false };
  }
}
