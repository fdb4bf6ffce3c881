import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { QueryClient, QueryObserver } from '@tanstack/react-query';

import type { Conversation, Message } from '../../console/api/types.ts';
import {
  applyEvent,
  conversationKey,
  conversationsKey,
  createRefresher,
  knownConversation,
  messagesKey,
  readAgain,
  replayOverAnswers,
} from '../../console/live/live-cache.ts';
import { createRecentEvents } from '../../console/live/recent-events.ts';
import type { Pages } from '../../console/live/sorted-pages.ts';
import { until } from '../support/until.ts';
import { conversation, idsOf, message, pagesOf } from './support.ts';

let client: QueryClient;

/** Node 20 has no Promise.withResolvers. */
function deferred<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

beforeEach(() => {
  client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
});
afterEach(() => client.clear());

describe('applyEvent', () => {
  it('reaches every list, the open conversation and its thread', () => {
    client.setQueryData(conversationsKey('ALL'), pagesOf([[conversation('c1', 1)]]));
    client.setQueryData(conversationsKey('ASSIGNED'), pagesOf([[]]));
    client.setQueryData(conversationKey('c1'), conversation('c1', 1));
    client.setQueryData(messagesKey('c1'), pagesOf([[]]));
    const changed = conversation('c1', 2, { state: 'ASSIGNED' });
    applyEvent(client, { type: 'x', conversationId: 'c1', conversation: changed, message: message('m1', 2) });
    expect(client.getQueryData(conversationKey('c1'))).toEqual(changed);
    expect(idsOf(client.getQueryData(conversationsKey('ASSIGNED')) ?? pagesOf([]))).toEqual([['c1']]);
    expect(idsOf(client.getQueryData(messagesKey('c1')) ?? pagesOf([]))).toEqual([['m1']]);
    expect(knownConversation(client, 'c1')).toEqual(changed);
  });
});

describe('replayOverAnswers', () => {
  it('keeps an event that arrived while an older answer was under way', async () => {
    const recent = createRecentEvents();
    const stop = replayOverAnswers(client, recent);
    const answer = deferred<Pages<Message>>();
    const reading = client.fetchQuery({ queryKey: messagesKey('c1'), queryFn: () => answer.promise });
    const event = { type: 'message.received', conversationId: 'c1', message: message('m2', 2) };
    recent.add(event);
    applyEvent(client, event); // nothing is loaded yet: without the replay it would be lost
    answer.resolve(pagesOf([[message('m1', 1)]]));
    await reading;
    expect(idsOf(client.getQueryData(messagesKey('c1')) ?? pagesOf([]))).toEqual([['m2', 'm1']]);
    stop();
  });

  it('does not bring back events from before the request', async () => {
    const recent = createRecentEvents();
    const stop = replayOverAnswers(client, recent);
    recent.add({ type: 'message.received', conversationId: 'c1', message: message('m0', 0) });
    await client.fetchQuery({ queryKey: messagesKey('c1'), queryFn: () => pagesOf([[message('m1', 1)]]) });
    expect(idsOf(client.getQueryData(messagesKey('c1')) ?? pagesOf([]))).toEqual([['m1']]);
    stop();
  });
});

describe('createRecentEvents', () => {
  it('forgets the oldest, and marks stay true', () => {
    const recent = createRecentEvents(2);
    const event = (id: string) => ({ type: 'x', conversationId: id });
    for (const id of ['a', 'b', 'c']) recent.add(event(id));
    const mark = recent.mark();
    for (const id of ['d', 'e']) recent.add(event(id));
    expect(recent.since(mark).map((item) => item.conversationId)).toEqual(['d', 'e']);
    expect(recent.since(0).map((item) => item.conversationId)).toEqual(['c', 'd', 'e']);
  });
});

describe('createRefresher', () => {
  it('answers all that asked meanwhile with one more request', async () => {
    client.setQueryData(conversationsKey('ALL'), pagesOf([[conversation('c1', 1)]]));
    const answers = [deferred<Conversation>(), deferred<Conversation>()];
    let reads = 0;
    const { afterEvent } = createRefresher(
      client,
      () => answers[reads++]?.promise ?? Promise.reject(new Error('none')),
    );
    for (const id of ['m1', 'm2', 'm3']) {
      afterEvent({ type: 'message.received', conversationId: 'c1', message: message(id, 3) });
    }
    expect(reads).toBe(1);
    answers[0]?.resolve(conversation('c1', 3));
    await until('the second request', () => reads === 2);
    answers[1]?.resolve(conversation('c1', 4));
    await until('the newest summary', () =>
      knownConversation(client, 'c1')?.lastActivityAt.includes('08:04'),
    );
    expect(reads).toBe(2);
  });

  it('marks the lists for a new reading when it fails', async () => {
    client.setQueryData(conversationsKey('ALL'), pagesOf([[]]));
    const { refresh } = createRefresher(client, () => Promise.reject(new Error('away')));
    refresh('c1');
    await until(
      'the list to be out of date',
      () => client.getQueryState(conversationsKey('ALL'))?.isInvalidated,
    );
  });
});

describe('readAgain', () => {
  it('does not keep a first answer that was under way when something changed', async () => {
    const answers = [deferred<string>(), deferred<string>()];
    let reads = 0;
    const queryFn = () => answers[reads++]?.promise ?? Promise.reject(new Error('read too often'));
    const stop = new QueryObserver(client, { queryKey: ['notices'], queryFn }).subscribe(() => undefined);
    const again = readAgain(client, { queryKey: ['notices'] });
    await until('it is read again', () => reads === 2);
    answers[0]?.resolve('before');
    answers[1]?.resolve('after');
    await again;
    expect(client.getQueryData(['notices'])).toBe('after');
    stop();
  });
});
