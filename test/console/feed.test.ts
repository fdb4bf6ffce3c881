import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { type Api, ApiProblem, Unreachable } from '../../console/api/client.ts';
import {
  type Feed,
  type FeedEvent,
  type LiveState,
  openFeed,
  SILENCE_LIMIT_MS,
} from '../../console/live/feed.ts';
import { until } from '../support/until.ts';
import { HandTime, type StreamedAnswer, streamedAnswer } from './support.ts';

interface Opened extends StreamedAnswer {
  path: string;
  headers: Record<string, string>;
  signal: AbortSignal;
}

let time: HandTime;
let opened: Opened[];
let refuse: Error | null;
let events: FeedEvent[];
let resets: number;
let channels = 0;
let states: LiveState[];
let online: boolean;
let tellNetwork: () => void;
let feed: Feed;

const api: Api = {
  request: () => Promise.reject(new Error('the feed makes no other request')),
  open(path, headers, signal) {
    const answer = { ...streamedAnswer(signal), path, headers, signal };
    opened.push(answer);
    return refuse === null ? Promise.resolve(answer.response) : Promise.reject(refuse);
  },
};

function open(startCursor = '7-0'): void {
  feed = openFeed({
    api,
    startCursor,
    now: time.now,
    after: time.after,
    random: () => 1,
    online: () => online,
    onNetworkChange(callback) {
      tellNetwork = callback;
      return () => undefined;
    },
    onEvent: (event) => events.push(event),
    onChannel: () => (channels += 1),
    onReset: () => (resets += 1),
    onState: (state) => states.push(state),
  });
}

const state = (): LiveState | undefined => states.at(-1);
const connection = (index: number): Opened => {
  const found = opened[index];
  if (found === undefined) throw new Error(`connection ${index} was not opened`);
  return found;
};
const live = () => until('the feed to be live', () => state()?.kind === 'live');
const waiting = () =>
  until('the wait before the next try', () => {
    const now = state();
    return now?.kind === 'reconnecting' && now.retryAt !== null;
  });
const sse = (id: string, type: string, data: object): string =>
  `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;

beforeEach(() => {
  time = new HandTime();
  opened = [];
  events = [];
  states = [];
  resets = 0;
  channels = 0;
  refuse = null;
  online = true;
});
afterEach(() => feed.close());

describe('the live feed', () => {
  it('begins where the lists stood and hands on events that come in pieces', async () => {
    open('7-0');
    await live();
    expect(connection(0)).toMatchObject({ path: '/v1/feed?cursor=7-0', headers: {} });
    const text = `: keep-alive\n\n${sse('8-0', 'message.received', { conversationId: 'c1', message: { id: 'שלום' } })}`;
    for (const piece of [text.slice(0, 20), text.slice(20, 61), text.slice(61)]) connection(0).write(piece);
    await until('the event', () => events.length === 1);
    expect(events[0]).toEqual({ type: 'message.received', conversationId: 'c1', message: { id: 'שלום' } });
  });

  it('tells of a channel, and of a notice, apart from conversations', async () => {
    open();
    await live();
    connection(0).write(sse('8-0', 'channel.updated', { channelId: 'chn_1' }));
    connection(0).write(sse('8-1', 'notice.created', { noticeId: 'ntc_1' }));
    await until('the events', () => channels === 2);
    expect([events, resets]).toEqual([[], 0]);
  });

  it('goes on after the last event it has seen', async () => {
    open();
    await live();
    connection(0).write(sse('9-0', 'conversation.updated', { conversationId: 'c1' }));
    await until('the event', () => events.length === 1);
    connection(0).fail();
    await waiting();
    time.pass(60_000);
    await until('the second connection', () => opened.length === 2);
    expect(connection(1)).toMatchObject({ path: '/v1/feed', headers: { 'last-event-id': '9-0' } });
  });

  it('says when it will try again, and waits longer each time', async () => {
    refuse = new Unreachable(new Error('refused'));
    open();
    for (const [failures, wait] of [
      [1, 1_000],
      [2, 2_000],
      [3, 4_000],
    ] as const) {
      await waiting();
      expect(state()).toEqual({ kind: 'reconnecting', retryAt: time.now() + wait, failures });
      states.length = 0;
      time.pass(wait);
      await until('the next try', () => opened.length === failures + 1);
    }
  });

  it('tries at once when it is asked to', async () => {
    refuse = new Unreachable(new Error('refused'));
    open();
    await waiting();
    refuse = null;
    feed.retryNow();
    await live();
    expect(time.waits).toEqual([SILENCE_LIMIT_MS]);
  });

  it('asks at once why, when the server ended the stream and said so', async () => {
    open();
    await live();
    connection(0).write('retry: 0\n\n');
    connection(0).write(sse('9-0', 'message.status', { conversationId: 'c1' }));
    await until('the event', () => events.length === 1);
    refuse = new ApiProblem(401, { type: 'unauthorized', title: 'Ended', detail: '' }, null);
    connection(0).end();
    await waiting();
    expect(state()).toEqual({ kind: 'reconnecting', retryAt: time.now(), failures: 1 });
    time.pass(0);
    await until('the question', () => opened.length === 2);
  });

  it('waits as long as the server asks, by Retry-After and by retry:', async () => {
    refuse = new ApiProblem(503, { type: 'x', title: 'x', detail: '' }, 12_000);
    open();
    await waiting();
    expect(time.waits).toEqual([12_000]);
    refuse = null;
    time.pass(12_000);
    await live();
    connection(1).write('retry: 5000\n\n');
    connection(1).write(sse('9-0', 'message.status', { conversationId: 'c1' }));
    await until('the event', () => events.length === 1);
    connection(1).end();
    await waiting();
    expect(time.waits).toEqual([5_000]);
  });

  it('takes a silent connection for dead, but not one that sends comments', async () => {
    open();
    await live();
    time.pass(SILENCE_LIMIT_MS - 1);
    connection(0).write(': keep-alive\n\n');
    await until('the comment to count', () => time.waits[0] === SILENCE_LIMIT_MS);
    time.pass(SILENCE_LIMIT_MS - 1);
    expect(state()?.kind).toBe('live');
    time.pass(1);
    await waiting();
    expect(connection(0).signal.aborted).toBe(true);
  });

  it('has the lists read again on reset, and on an event that it cannot read', async () => {
    open();
    await live();
    connection(0).write('event: reset\ndata: {}\n\n');
    connection(0).write('id: 9-0\nevent: message.received\ndata: {oops\n\n');
    connection(0).write(sse('10-0', 'message.received', { noConversation: true }));
    connection(0).write(sse('11-0', 'message.status', { conversationId: 'c1' }));
    await until('the readable event', () => events.length === 1);
    expect(resets).toBe(3);
    expect(state()?.kind).toBe('live');
  });

  it('is offline while the browser has no network, and live again with it', async () => {
    open();
    await live();
    online = false;
    tellNetwork();
    await until('offline', () => state()?.kind === 'offline');
    expect(connection(0).signal.aborted).toBe(true);
    expect(time.waits).toEqual([]);
    online = true;
    tellNetwork();
    await live();
    expect(opened).toHaveLength(2);
  });

  it('ends when the key is refused', async () => {
    refuse = new ApiProblem(401, { type: 'x', title: 'x', detail: '' }, null);
    open();
    await until('the try', () => opened.length === 1);
    await until('no timer', () => time.waits.length === 0);
    expect(states.map((one) => one.kind)).toEqual(['reconnecting']);
  });

  it('ends, and says so, when the key may not listen', async () => {
    refuse = new ApiProblem(403, { type: 'x', title: 'x', detail: '' }, null);
    open();
    await until('it says so', () => state()?.kind === 'forbidden');
    expect(time.waits).toEqual([]);
    expect(opened).toHaveLength(1);
  });

  it('closes its connection', async () => {
    open();
    await live();
    expect(connection(0).path).toBe('/v1/feed?cursor=7-0');
    feed.close();
    expect(connection(0).signal.aborted).toBe(true);
    await until('no timer', () => time.waits.length === 0);
    expect(opened).toHaveLength(1);
  });
});
