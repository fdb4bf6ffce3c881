import type { BusinessNumber } from '../settings.ts';

/** What a token may do and how long (Cloud API: access tokens). */
export interface TokenState {
  /** Milliseconds since 1970; 0: it does not expire. */
  expiresAt: number;
  valid: boolean;
  scopes: string[];
  kind: string;
}

/** What may change about a number and its account while the simulator runs. */
export interface NumberState {
  registered: boolean;
  verified: boolean;
  /** Two-step PIN; null: none was set. */
  pin: string | null;
  wrongPins: number;
  /** Registrations and deregistrations, milliseconds since 1970. */
  registrations: number[];
  quality: string;
  throughput: string;
  nameStatus: string;
  messagingLimit: string;
  onBusinessApp: boolean;
  accountMode: string;
  accountReview: string;
  appLive: boolean;
  username: string | null;
  /** Phones and BSUIDs that the business blocked. */
  blocked: Set<string>;
  tokens: Map<string, TokenState>;
  /** Callback of this number alone. */
  override: string | null;
}

/** The rights that a gateway needs. */
export const ALL_SCOPES = ['whatsapp_business_management', 'whatsapp_business_messaging'];

const states = new WeakMap<BusinessNumber, NumberState>();

/** The state of a number; each simulator has numbers of its own. */
export function stateOf(number: BusinessNumber): NumberState {
  const known = states.get(number);
  if (known) return known;
  const state: NumberState = {
    registered: number.registered ?? true,
    verified: true,
    pin: number.pin ?? null,
    wrongPins: 0,
    registrations: [],
    quality: 'GREEN',
    throughput: 'STANDARD',
    nameStatus: 'APPROVED',
    messagingLimit: 'TIER_2K',
    onBusinessApp: false,
    accountMode: 'LIVE',
    accountReview: 'APPROVED',
    appLive: true,
    username: null,
    blocked: new Set(),
    tokens: new Map([[number.accessToken, newToken()]]),
    override: null,
  };
  states.set(number, state);
  return state;
}

export function newToken(): TokenState {
  return { expiresAt: 0, valid: true, scopes: ALL_SCOPES, kind: 'SYSTEM_USER' };
}

/** The token as one of the numbers has it. */
export function findToken(numbers: Iterable<BusinessNumber>, token: string): TokenState | undefined {
  for (const number of numbers) {
    const found = stateOf(number).tokens.get(token);
    if (found) return found;
  }
  return undefined;
}

/** Whether calls with the token are taken now. */
export function isUsable({ valid, expiresAt }: TokenState, now: number): boolean {
  return valid && (expiresAt === 0 || expiresAt > now);
}

/** Whether the number is one of those that the token shows. */
export const hasToken = (number: BusinessNumber, token: string): boolean => stateOf(number).tokens.has(token);
