/**
 * Error codes of the Graph API and what follows from each (Cloud API: error codes). One table for both places in
 * which they come: the answer to a send, and a `failed` status. Only `code` decides: titles change, and the HTTP
 * status misleads (3 and 131045 come with 500 and are for good, throttles come with 400).
 *
 * `retry` waits and sends again, holding back whatever shares the limit; `pause` stops the whole channel until a
 * person has mended it, and the message waits; `fail` ends the message with a reason that an agent understands.
 */

import type { FailureReason } from './failure-reasons.ts';

/** What shares the limit that was reached, and so waits too. */
export type Scope = 'message' | 'pair' | 'number' | 'account' | 'app';

export interface Rule {
  action: 'retry' | 'pause' | 'fail';
  scope: Scope;
  /** Tries in all that the Graph API may refuse before the message fails. */
  maxTries: number;
  /** Pause before try n + 1: `firstMs` × `factor`^(n − 1), at most `longestMs`. */
  pause: { firstMs: number; factor: number; longestMs: number };
  reason: FailureReason;
}

/** 2 s, 4 s, … at most 5 min: 10 tries take about 15 min. */
const BACK_OFF = { firstMs: 2_000, factor: 2, longestMs: 300_000 };
/** As WhatsApp advises for a pair: 4^X s, X = 0, 1, 2, …; here at most 17 min. */
const PAIR_BACK_OFF = { firstMs: 1_000, factor: 4, longestMs: 1_024_000 };
const MAINTENANCE = { firstMs: 60_000, factor: 1, longestMs: 60_000 };
/** A template that is being copied to the Marketing Messages API: 10 minutes. */
const SYNCING = { firstMs: 600_000, factor: 1, longestMs: 600_000 };

const retry = (scope: Scope, maxTries: number, reason: FailureReason, pause = BACK_OFF): Rule => ({
  action: 'retry',
  scope,
  maxTries,
  pause,
  reason,
});
const pause = (reason: FailureReason): Rule => ({
  action: 'pause',
  scope: 'number',
  maxTries: Infinity,
  pause: BACK_OFF,
  reason,
});
const fail = (reason: FailureReason): Rule => ({
  action: 'fail',
  scope: 'message',
  maxTries: 1,
  pause: BACK_OFF,
  reason,
});

const RULES = new Map<number, Rule>([
  [0, pause('token-invalid')],
  [1, retry('message', 3, 'whatsapp-unavailable')],
  [2, retry('message', 10, 'whatsapp-unavailable')],
  [3, pause('no-permission')],
  [4, retry('app', 12, 'app-limit')],
  [10, pause('no-permission')],
  [33, pause('number-unusable')],
  [100, fail('bad-request')],
  [104, pause('token-invalid')],
  [190, pause('token-invalid')],
  [368, pause('account-restricted')],
  [613, retry('account', 12, 'account-limit')],
  [80007, retry('account', 12, 'account-limit')],
  [130403, fail('client-blocked')],
  [130429, retry('number', 12, 'number-limit', { ...BACK_OFF, longestMs: 60_000 })],
  [130472, fail('marketing-refused')],
  [130497, fail('country-not-allowed')],
  [131000, retry('message', 3, 'whatsapp-unavailable')],
  [131005, pause('no-permission')],
  [131008, fail('bad-request')],
  [131014, fail('media-unusable')],
  [131020, fail('group-problem')],
  [131035, fail('not-deliverable')],
  [131036, fail('not-deliverable')],
  [131037, pause('number-unusable')],
  [131041, fail('group-problem')],
  [131044, fail('payment-problem')],
  [131052, fail('media-unusable')],
  [131053, fail('media-unusable')],
  [131055, fail('bad-request')],
  [131062, fail('needs-phone')],
  [131063, fail('marketing-off')],
  [131064, fail('template-limit')],
  [131201, fail('group-problem')],
  [131202, fail('group-problem')],
  [131204, fail('group-problem')],
  [131207, fail('group-problem')],
  [131208, retry('number', 12, 'number-limit')],
  ...[131209, 131210, 131211, 131212, 131213, 131214, 131215].map(
    (code) => [code, fail('group-problem')] as const,
  ),
  [132000, fail('template-mismatch')],
  [132001, fail('template-missing')],
  [132005, fail('template-mismatch')],
  [132007, fail('template-policy')],
  [132008, fail('template-mismatch')],
  [132012, fail('template-mismatch')],
  [132015, fail('template-paused')],
  [132016, fail('template-disabled')],
  [132018, fail('template-mismatch')],
  [132068, fail('flow-unavailable')],
  [132069, fail('flow-unavailable')],
  [134011, fail('payments-terms')],
  [134100, fail('bad-request')],
  [134101, retry('message', 3, 'whatsapp-unavailable', SYNCING)],
  [134102, fail('marketing-off')],
  [2494100, retry('number', 15, 'whatsapp-unavailable', MAINTENANCE)],
  [131009, fail('bad-request')],
  [131016, retry('message', 10, 'whatsapp-unavailable')],
  [131021, fail('own-number')],
  [131026, fail('not-deliverable')],
  [131030, fail('not-on-test-list')],
  [131031, pause('account-restricted')],
  [131042, fail('payment-problem')],
  [131045, pause('number-unusable')],
  [131047, fail('window-closed')],
  [131048, fail('spam-limit')],
  [131049, fail('marketing-refused')],
  [131050, fail('marketing-stopped')],
  [131051, fail('unsupported-type')],
  [131056, retry('pair', 8, 'pair-limit', PAIR_BACK_OFF)],
  [131057, retry('number', 15, 'whatsapp-unavailable', MAINTENANCE)],
  [133004, retry('message', 10, 'whatsapp-unavailable')],
  [133010, pause('number-unusable')],
  [135000, fail('bad-request')],
  [137000, fail('identity-changed')],
]);

/** The table's rule; for an unknown code 4 tries when the HTTP status speaks of a passing trouble, else the end. */
export function classify(code: number, httpStatus?: number): Rule {
  const known = RULES.get(code);
  if (known) return known;
  if (code >= 200 && code <= 299) return pause('no-permission');
  const passing = httpStatus !== undefined && (httpStatus === 429 || httpStatus >= 500);
  return passing ? retry('message', 4, 'whatsapp-unavailable') : fail('refused');
}

/** Milliseconds before the next try, after `tries` refused ones. */
export function pauseAfter(rule: Rule, tries: number): number {
  const { firstMs, factor, longestMs } = rule.pause;
  return Math.min(longestMs, firstMs * factor ** (tries - 1));
}
