/** From what Meta answered to the points of a check: pure, so that each finding can be shown by a line of data. */
import type { CheckedPoint } from '../tenants/model.ts';
import type { AccountAnswer } from '../whatsapp/account.ts';
import { entryOf } from '../whatsapp/payload/json.ts';
import type { PointName } from './check-words.ts';
import type { SeenAccount, SeenNumber, SeenToken } from './graph.ts';
import { explainFailure } from './refusals.ts';

const DAY_MS = 86_400_000;
/** From here on people are told that a token ends. */
export const WARN_DAYS = 14;

export const NEEDED_SCOPES = ['whatsapp_business_management', 'whatsapp_business_messaging'];

type State = CheckedPoint['state'];

/** A point with its finding. */
export function found(
  point: PointName,
  state: State,
  finding: string,
  values?: Record<string, string>,
): CheckedPoint {
  return { point, state, code: `${point}.${finding}`, ...(values === undefined ? {} : { values }) };
}

/** Codes that say that the token itself is no good (Cloud API: error codes). */
export function isTokenRefused(answer: AccountAnswer<unknown>): boolean {
  return answer.kind === 'refused' && [0, 104, 190].includes(answer.code);
}

export function tokenPoints(
  token: AccountAnswer<SeenToken>,
  { channelId, now }: { channelId: string; now: number },
): CheckedPoint[] {
  const values = { channelId };
  if (token.kind === 'unknown') return [found('token', 'unknown', 'away', { cause: token.cause })];
  if (token.kind === 'refused') {
    if (!isTokenRefused(token)) return [found('token', 'unknown', 'unsaid')];
    return [found('token', 'failed', 'invalid', values)];
  }
  const { valid, scopes = [] } = token.data;
  const missing = NEEDED_SCOPES.filter((scope) => !scopes.includes(scope));
  return [
    valid ? found('token', 'ok', 'valid') : found('token', 'failed', 'invalid', values),
    expiryPoint(token.data, channelId, now),
    scopes.length === 0
      ? found('scopes', 'unknown', 'unknown')
      : missing.length === 0
        ? found('scopes', 'ok', 'whole')
        : found('scopes', 'failed', 'missing', { ...values, scopes: missing.join(', ') }),
  ];
}

function expiryPoint({ expiresAt }: SeenToken, channelId: string, now: number): CheckedPoint {
  if (expiresAt === undefined) return found('expiry', 'ok', 'never');
  const left = expiresAt.getTime() - now;
  const values = {
    channelId,
    date: expiresAt.toISOString().slice(0, 10),
    days: String(Math.ceil(left / DAY_MS)),
  };
  if (left <= 0) return found('expiry', 'failed', 'over', values);
  return left <= WARN_DAYS * DAY_MS
    ? found('expiry', 'warn', 'soon', values)
    : found('expiry', 'ok', 'later', values);
}

export function accountPoints(
  account: AccountAnswer<SeenAccount>,
  number: AccountAnswer<SeenNumber | null>,
): CheckedPoint[] {
  if (account.kind !== 'ok') {
    return [found('app', 'unknown', 'unknown'), found('account', 'unknown', 'unknown')];
  }
  const { health, review } = account.data;
  const of = (entity: string) => health.find((one) => one.entity === entity);
  const mode = number.kind === 'ok' ? number.data?.health.accountMode : undefined;
  const app = of('APP');
  const words = (one: { todo?: string } | undefined) => ({ words: one?.todo ?? '' });
  const appPoint =
    app?.canSend === 'BLOCKED'
      ? found('app', 'failed', 'blocked', words(app))
      : app?.canSend === 'LIMITED'
        ? found('app', 'warn', 'limited', words(app))
        : mode === 'SANDBOX'
          ? found('app', 'warn', 'sandbox')
          : app?.canSend === 'AVAILABLE'
            ? found('app', 'ok', 'available')
            : found('app', 'unknown', 'unknown');
  return [appPoint, accountPoint(review, of('WABA') ?? of('BUSINESS'))];
}

function accountPoint(
  review: string | undefined,
  entity: { canSend: string; todo?: string } | undefined,
): CheckedPoint {
  const values = { words: entity?.todo ?? '', review: review ?? '' };
  if (review === 'REJECTED' || entity?.canSend === 'BLOCKED') {
    return found('account', 'failed', 'blocked', values);
  }
  if (entity?.canSend === 'LIMITED') return found('account', 'warn', 'limited', values);
  if (review === 'PENDING' || review === 'DEFERRED') return found('account', 'warn', 'pending', values);
  return review === 'APPROVED' ? found('account', 'ok', 'approved') : found('account', 'unknown', 'unknown');
}

const QUALITY: Record<string, [State, string]> = {
  GREEN: ['ok', 'green'],
  YELLOW: ['warn', 'yellow'],
  RED: ['failed', 'red'],
};

const NAME: Record<string, [State, string]> = {
  APPROVED: ['ok', 'approved'],
  AVAILABLE_WITHOUT_REVIEW: ['ok', 'approved'],
  PENDING_REVIEW: ['warn', 'pending'],
  NONE: ['warn', 'pending'],
  DECLINED: ['failed', 'refused'],
  EXPIRED: ['failed', 'refused'],
};

export function numberPoints(
  number: AccountAnswer<SeenNumber | null>,
  { wabaId, phoneNumberId, rate }: { wabaId: string; phoneNumberId: string; rate: number },
): CheckedPoint[] {
  if (number.kind !== 'ok') {
    const { text: words, todo } = explainFailure(number);
    return [found('number', number.kind === 'refused' ? 'failed' : 'unknown', 'refused', { words, todo })];
  }
  if (number.data === null) return [found('number', 'failed', 'foreign')];
  const { displayNumber, health } = number.data;
  const { numberStatus: status, quality = '', nameStatus = '', messagingLimit: limit } = health;
  const [qualityState, qualityFinding] = entryOf(QUALITY, quality) ?? (['ok', 'unknown'] as const);
  const [nameState, nameFinding] = entryOf(NAME, nameStatus) ?? (['unknown', 'unknown'] as const);
  return [
    found('number', 'ok', 'found', { number: `+${displayNumber}`, wabaId }),
    status === undefined
      ? found('registered', 'unknown', 'unknown')
      : status === 'CONNECTED'
        ? found('registered', 'ok', 'connected')
        : found('registered', 'failed', 'not', { status, phoneNumberId }),
    found('throughput', 'ok', 'known', { rate: String(rate) }),
    found('quality', qualityState, qualityFinding),
    found('name', nameState, nameFinding, { name: health.verifiedName ?? '', status: nameStatus }),
    limit === undefined ? found('limit', 'ok', 'unknown') : found('limit', 'ok', 'known', { limit }),
  ];
}
