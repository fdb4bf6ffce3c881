import { describe, expect, it } from '@jest/globals';

import type { BreachKind } from './breach.ts';
import { check } from './check.ts';
import type { Accepted, Arrival, Asked, Call, RunRecord, Shown, Written } from './record.ts';

const written = (turn: number, more: Partial<Written> = {}): Written => ({
  tenant: 'north',
  chat: 'client 1 at 100',
  turn,
  wamid: `wamid.${turn}`,
  text: `message ${turn}`,
  acknowledged: true,
  ...more,
});

const received = (turn: number, more: Partial<Shown> = {}): Shown => ({
  tenant: 'north',
  conversationId: 'cnv_1',
  id: `msg_${turn}`,
  direction: 'in',
  wamid: `wamid.${turn}`,
  status: 'received',
  text: `message ${turn}`,
  late: false,
  position: turn,
  ...more,
});

const arrival = (turn: number, more: Partial<Arrival> = {}): Arrival => ({
  tenant: 'north',
  endpoint: 'console',
  eventId: `msg_${turn}`,
  messageId: `msg_${turn}`,
  conversationId: 'cnv_1',
  signed: true,
  ...more,
});

const asked = (more: Partial<Asked> = {}): Asked => ({
  tenant: 'north',
  conversationId: 'cnv_1',
  text: 'an answer',
  outcome: 'taken',
  ids: ['msg_out'],
  ...more,
});

const sent = (more: Partial<Shown> = {}): Shown => ({
  ...received(9, { id: 'msg_out', wamid: 'wamid.out', text: 'an answer' }),
  direction: 'out',
  status: 'read',
  ...more,
});

const call = (more: Partial<Call> = {}): Call => ({
  messageId: 'msg_out',
  outcome: 'accepted',
  answered: true,
  ...more,
});

const accepted = (more: Partial<Accepted> = {}): Accepted => ({
  messageId: 'msg_out',
  text: 'an answer',
  status: 'read',
  ...more,
});

/** Two messages of a client, told to the console; one answer, read; one item of nobody's. */
function run(more: Partial<RunRecord> = {}): RunRecord {
  return {
    written: [written(1), written(2)],
    shown: [received(1), received(2), sent()],
    asked: [asked()],
    calls: [call()],
    accepted: [accepted()],
    arrivals: [arrival(1), arrival(2)],
    endpoints: { north: ['console'], south: ['crm'] },
    parked: [{ id: 'dlt_1', reason: 'unrouted', detail: '', phoneNumberId: '999' }],
    toPark: [{ reason: 'unrouted', phoneNumberId: '999', times: 1 }],
    probes: [{ path: '/v1/messages/msg_1', status: 404 }],
    troubles: [],
    unquiet: [],
    ...more,
  };
}

/** An answer that Meta did not accept, in this state. */
function unsent(status: string, more: Partial<RunRecord>): RunRecord {
  const answer = sent({ status, attemptedAt: 1_000_000 });
  return run({ shown: [received(1), received(2), answer], calls: [], accepted: [], ...more });
}

const BROKEN: [BreachKind, string, RunRecord][] = [
  ['lost', 'an acknowledged message is not shown', run({ written: [1, 2, 3].map((turn) => written(turn)) })],
  [
    'doubled',
    'a message is shown twice',
    run({
      shown: [received(1), received(1, { id: 'msg_1b' }), received(2), sent()],
      arrivals: [arrival(1), arrival(1, { eventId: 'msg_1b', messageId: 'msg_1b' }), arrival(2)],
    }),
  ],
  ['changed', 'a message has other words', run({ shown: [received(1, { text: '?' }), received(2), sent()] })],
  [
    'unknown-message',
    'a message is shown that nobody wrote',
    run({
      shown: [received(1), received(2), received(3), sent()],
      arrivals: [arrival(1), arrival(2), arrival(3)],
    }),
  ],
  [
    'split',
    'a chat is in two conversations',
    run({ shown: [received(1), received(2, { conversationId: 'cnv_2' }), sent()] }),
  ],
  [
    'out-of-order',
    'the second message stands first',
    run({ shown: [received(2), received(1), sent()], arrivals: [arrival(2), arrival(1)] }),
  ],
  [
    'seen-by-another-tenant',
    "another tenant's list shows a message",
    run({
      shown: [received(1), received(2), received(2, { tenant: 'south', id: 'msg_s' }), sent()],
      arrivals: [
        arrival(1),
        arrival(2),
        arrival(2, { tenant: 'south', endpoint: 'crm', eventId: 'msg_s', messageId: 'msg_s' }),
      ],
    }),
  ],
  [
    'seen-by-another-tenant',
    "another tenant's endpoint hears of a message",
    run({ arrivals: [arrival(1), arrival(2), arrival(2, { tenant: 'south', endpoint: 'crm' })] }),
  ],
  [
    'seen-by-another-tenant',
    'a key opens what is not its own',
    run({ probes: [{ path: '/v1/messages/msg_1', status: 200 }] }),
  ],
  ['event-lost', 'an endpoint never heard of a message', run({ arrivals: [arrival(1)] })],
  [
    'event-doubled',
    'an endpoint heard of a message under two ids',
    run({ arrivals: [arrival(1), arrival(2), arrival(2, { eventId: 'evt_other' })] }),
  ],
  [
    'event-unknown',
    'an endpoint hears of a message that is not shown',
    run({ arrivals: [arrival(1), arrival(2), arrival(3)] }),
  ],
  [
    'event-unsigned',
    'an event has a wrong signature',
    run({ arrivals: [arrival(1), arrival(2, { signed: false })] }),
  ],
  [
    'event-out-of-order',
    'an endpoint hears of the second message first',
    run({ arrivals: [arrival(2), arrival(1)] }),
  ],
  [
    'answer-lost',
    'an answer that was taken is not shown',
    run({ shown: [received(1), received(2)], calls: [], accepted: [] }),
  ],
  ['answer-refused', 'an answer was refused', run({ asked: [asked(), asked({ outcome: 422, ids: [] })] })],
  ['answer-doubled', 'one key made two messages', run({ asked: [asked({ ids: ['msg_out', 'msg_out2'] })] })],
  ['sent-twice', 'Meta accepted a message twice', run({ accepted: [accepted(), accepted()] })],
  [
    'sent-unasked',
    'Meta accepted what nobody asked for',
    run({
      calls: [call(), call({ messageId: 'msg_x' })],
      accepted: [accepted(), accepted({ messageId: 'msg_x' })],
    }),
  ],
  ['changed', 'Meta has other words than were asked for', run({ accepted: [accepted({ text: '?' })] })],
  ['stuck', 'a message is still on its way', unsent('sending', {})],
  [
    'status-behind',
    'Meta said read, the list says sent',
    run({ shown: [received(1), received(2), sent({ status: 'sent' })] }),
  ],
  ['status-behind', 'a message counts as sent that Meta never accepted', unsent('delivered', {})],
  ['failed-without-refusal', 'a message failed that Meta never refused', unsent('failed', {})],
  ['unconfirmed-without-reason', 'nothing happened at the attempt', unsent('unconfirmed', {})],
  [
    'unconfirmed-without-reason',
    'what happened was long before the attempt',
    unsent('unconfirmed', { troubles: [{ kind: 'worker-kill', from: 0, to: 900_000 }] }),
  ],
  [
    'dead-letter',
    'a message was parked',
    run({ parked: [...run().parked, { id: 'dlt_2', reason: 'failed', detail: '', phoneNumberId: '100' }] }),
  ],
  ['dead-letter-missing', 'what is nobody’s was not kept', run({ parked: [] })],
  ['not-quiet', 'something was still going on', run({ unquiet: ['inbound-0: oldest item 90 s'] })],
];

const GOOD: [string, RunRecord][] = [
  ['a run without a fault', run()],
  [
    'a message that was never acknowledged and is not there',
    run({ written: [written(1), written(2), written(3, { acknowledged: false })] }),
  ],
  ['events that come again', run({ arrivals: [arrival(1), arrival(2), arrival(1), arrival(2)] })],
  [
    'a late message, of which the endpoint hears late',
    run({ shown: [received(1, { late: true }), received(2), sent()], arrivals: [arrival(2), arrival(1)] }),
  ],
  ['an item parked twice', run({ parked: [...run().parked, ...run().parked] })],
  ['a message that Meta refused', unsent('failed', { calls: [call({ outcome: 'refused' })] })],
  [
    'an unconfirmed message to whose call Meta did not answer',
    unsent('unconfirmed', { calls: [call({ outcome: 'dropped', answered: false })] }),
  ],
  [
    'an unconfirmed message whose worker was killed',
    unsent('unconfirmed', { troubles: [{ kind: 'worker-kill', from: 1_003_000, to: 1_004_000 }] }),
  ],
  [
    'an answer of which the gateway never said that it took it',
    run({ asked: [asked({ outcome: 'open', ids: [] })] }),
  ],
];

describe('the checker', () => {
  it.each(BROKEN)('reports %s when %s', (kind, _when, record) => {
    const kinds = check(record).map((breach) => breach.kind);
    expect([...new Set(kinds)]).toEqual([kind]);
  });

  it.each(GOOD)('accepts %s', (_what, record) => {
    expect(check(record)).toEqual([]);
  });
});
