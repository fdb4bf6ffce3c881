/**
 * Error codes of the Graph API and what follows from each (Cloud API: error codes). One table for both places in
 * which they come: the answer to a send, and a `failed` status. Only `code` decides: titles change, and the HTTP
 * status misleads (3 and 131045 come with 500 and are for good, throttles come with 400).
 *
 * `retry` waits and sends again, holding back whatever shares the limit; `pause` stops the whole channel until a
 * person has mended it, and the message waits; `fail` ends the message with a reason that an agent understands.
 */

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

/** Word by reason: title and detail for people. Stable: stored with messages and shown by the API. */
const REASONS = {
  'whatsapp-unavailable': [
    'WhatsApp was unavailable',
    'WhatsApp did not take the message because of a problem on its side. Send it again later.',
  ],
  'app-limit': [
    'Too many requests',
    'WhatsApp limits how often this installation may call it. Send it again later.',
  ],
  'account-limit': [
    'Too many requests',
    'WhatsApp limits how often this WhatsApp business account may call it. Send it again later.',
  ],
  'number-limit': [
    'Too many messages from this number',
    'This number reached the number of messages a second that WhatsApp allows. Send it again later.',
  ],
  'pair-limit': [
    'Too many messages to this client',
    'WhatsApp limits how fast one client may be written to. Wait a few minutes and send it again.',
  ],
  'spam-limit': [
    'Sending is restricted',
    'WhatsApp restricts this number because clients blocked or reported it. Ask an administrator before sending more.',
  ],
  'bad-request': [
    'WhatsApp did not understand the message',
    'A field of the message was not valid for WhatsApp. Sending it again unchanged will fail again.',
  ],
  'token-invalid': [
    'The channel is disconnected',
    'WhatsApp no longer accepts the access token of this number. An administrator must renew it.',
  ],
  'no-permission': [
    'The channel lacks a permission',
    'The access token of this number may not send messages. An administrator must check its permissions.',
  ],
  'account-restricted': [
    'The account is restricted',
    'WhatsApp restricted or locked the business account. An administrator must see to it in the business manager.',
  ],
  'number-unusable': [
    'The number can’t send',
    'The number is not registered with WhatsApp or was deleted. An administrator must register it again.',
  ],
  'payment-problem': [
    'Payment problem',
    'WhatsApp refused the message because of the payment method of the business account. Tell an administrator.',
  ],
  'not-deliverable': [
    'The client can’t be reached',
    'The number is not on WhatsApp, uses an old version, or has not accepted its terms. Try another way to reach them.',
  ],
  'own-number': ['The recipient is this number', 'A number can’t write to itself.'],
  'not-on-test-list': [
    'The client is not on the test list',
    'A test number may only write to numbers that were added to its list of recipients.',
  ],
  'client-blocked': [
    'The client is blocked',
    'This business blocked the client. Unblock them to write to them.',
  ],
  'country-not-allowed': [
    'The country is not allowed',
    'WhatsApp does not let this business write to clients in that country.',
  ],
  'marketing-refused': [
    'WhatsApp held the message back',
    'The client gets no more marketing for now: they stopped it, or had enough of it. Do not send it again today.',
  ],
  'window-closed': [
    'The 24-hour window is closed',
    'Free text may only be sent within 24 hours of the client’s last message. Send a template, or wait until they write.',
  ],
  'unsupported-type': ['Unsupported type', 'WhatsApp does not deliver this type of message to this client.'],
  'identity-changed': [
    'The client’s identity changed',
    'The client may have a new phone. Confirm who they are before you write again.',
  ],
  refused: [
    'WhatsApp refused the message',
    'WhatsApp refused the message for a reason that is not known here.',
  ],
  'not-sent': [
    'Not sent',
    'Someone decided that this message was not sent, after its outcome had stayed unknown.',
  ],
  'no-address': [
    'No address',
    'Neither a phone number nor a WhatsApp user id of the client is known. Wait until they write again.',
  ],
  erased: ['Erased', 'The client’s data was erased before the message was sent.'],
  'channel-removed': [
    'The channel was removed',
    'The number from which this was to be sent is no longer connected.',
  ],
} as const satisfies Record<string, readonly [title: string, detail: string]>;

export type FailureReason = keyof typeof REASONS;

/** 2 s, 4 s, … at most 5 min: 10 tries take about 15 min. */
const BACK_OFF = { firstMs: 2_000, factor: 2, longestMs: 300_000 };
/** As WhatsApp advises for a pair: 4^X s, X = 0, 1, 2, …; here at most 17 min. */
const PAIR_BACK_OFF = { firstMs: 1_000, factor: 4, longestMs: 1_024_000 };
const MAINTENANCE = { firstMs: 60_000, factor: 1, longestMs: 60_000 };

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
  [131050, fail('marketing-refused')],
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

/** What a reason means, for people; a word that is not ours is explained as `refused`. */
export function failureText(reason: string): { title: string; detail: string } {
  const [title, detail] = Object.hasOwn(REASONS, reason) ? REASONS[reason as FailureReason] : REASONS.refused;
  return { title, detail };
}
