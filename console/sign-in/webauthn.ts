/** Passkeys in the browser. What the server sends and takes is JSON; the browser's own functions translate it. */
import type { TFunction } from 'i18next';

import { errorText } from '../ui/error-text.ts';

type Json = Record<string, unknown>;

/** False in browsers that know no passkeys, or not as JSON (before 2025). */
export function passkeysWork(): boolean {
  return 'PublicKeyCredential' in window && 'parseCreationOptionsFromJSON' in PublicKeyCredential;
}

/** Asks person and device for a new passkey. Throws a DOMException when they decline. */
export async function makePasskey(options: Json): Promise<Json> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    options as unknown as PublicKeyCredentialCreationOptionsJSON,
  );
  return answerOf(await navigator.credentials.create({ publicKey }));
}

/** Asks for a passkey of this address. Throws a DOMException when there is none, or the person declines. */
export async function askForPasskey(options: Json): Promise<Json> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options as unknown as PublicKeyCredentialRequestOptionsJSON,
  );
  return answerOf(await navigator.credentials.get({ publicKey }));
}

function answerOf(credential: Credential | null): Json {
  if (!(credential instanceof PublicKeyCredential)) throw new DOMException('Nothing', 'NotAllowedError');
  return credential.toJSON() as unknown as Json;
}

/** What went wrong, by the browser's word or the server's. */
export function passkeyText(t: TFunction, error: unknown): string {
  if (!(error instanceof DOMException)) return errorText(t, error);
  if (error.name === 'InvalidStateError') return t('ownSignIn.passkeys.known');
  return t(error.name === 'SecurityError' ? 'ownSignIn.passkeys.refused' : 'ownSignIn.passkeys.cancelled');
}
