/** Codes of a second factor: those of an authenticator app (TOTP, RFC 6238), and recovery codes on paper. */
import { createHash, timingSafeEqual } from 'node:crypto';

import { generateSecret, generateURI, verify } from 'otplib';
import QRCode from 'qrcode';

import type { Context } from '../context.ts';
import type { Credentials } from '../tenants/people-model.ts';

const STEP_SECONDS = 30;
const RECOVERY_CODES = 10;
/** 24 letters of 5 bits: at 120 bits a plain digest of one is enough (ASVS 6.5.2 asks for 112). */
const RECOVERY_LETTERS = 24;
const GROUP = 6;
/** 32 that are not taken for one another. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';

export interface NewTotp {
  secret: string;
  /** For the app: `otpauth://…` */
  uri: string;
  /** The same as a picture, a `data:` address of an SVG. */
  qrCode: string;
}

export async function newTotp(label: string): Promise<NewTotp> {
  const secret = generateSecret();
  const uri = generateURI({ issuer: 'WHATSPER', label, secret });
  const svg = await QRCode.toString(uri, { type: 'svg', margin: 2 });
  return { secret, uri, qrCode: `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}` };
}

/** The step of the code, if it is right now or one step beside, and later than the last that was taken; else null. */
export async function totpStep(
  ctx: Pick<Context, 'clock'>,
  { totp, totpStep: last }: { totp: string; totpStep?: number | undefined },
  code: string,
): Promise<number | null> {
  if (!/^\d{6}$/.test(code)) return null;
  const found = await verify({
    secret: totp,
    token: code,
    epoch: Math.floor(ctx.clock.now() / 1000),
    epochTolerance: STEP_SECONDS,
    ...(last === undefined ? {} : { afterTimeStep: last }),
  });
  return found.valid && 'timeStep' in found ? found.timeStep : null;
}

/** Ten codes for paper, and what we keep of them. */
export function newRecoveryCodes({ random }: Pick<Context, 'random'>): { codes: string[]; kept: string[] } {
  const codes = Array.from({ length: RECOVERY_CODES }, () => {
    const letters = [...random.bytes(RECOVERY_LETTERS)].map((byte) => ALPHABET[byte & 31]).join('');
    const groups = Array.from({ length: RECOVERY_LETTERS / GROUP }, (_none, at) => at * GROUP);
    return groups.map((from) => letters.slice(from, from + GROUP)).join('-');
  });
  return { codes, kept: codes.map(recoveryDigest) };
}

/** The credentials without the code that was given; null when it is none of them. */
export function withoutRecoveryCode(credentials: Credentials, code: string): Credentials | null {
  const given = Buffer.from(recoveryDigest(code), 'hex');
  const { recoveryCodes = [] } = credentials;
  const left = recoveryCodes.filter((kept) => !timingSafeEqual(Buffer.from(kept, 'hex'), given));
  return left.length === recoveryCodes.length ? null : { ...credentials, recoveryCodes: left };
}

function recoveryDigest(code: string): string {
  return createHash('sha256')
    .update(code.toLowerCase().replaceAll(/[^a-z0-9]/g, ''))
    .digest('hex');
}
