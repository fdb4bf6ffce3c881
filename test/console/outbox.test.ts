import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { type Api, ApiProblem, type RequestOptions, Unreachable } from '../../console/api/client.ts';
import type { Message } from '../../console/api/types.ts';
import { twinsOf, withoutArrived } from '../../console/thread/arrived.ts';
import {
  createOutbox,
  type Outbox,
  type PendingSend,
  STALLED_AFTER_MS,
} from '../../console/thread/outbox.ts';
import { until } from '../support/until.ts';
import { HandTime, memoryStorage, message } from './support.ts';

interface Posted {
  path: string;
  options: RequestOptions | undefined;
  answer: (message: Message) => void;
  fail: (error: Error) => void;
}

let time: HandTime;
let storage: ReturnType<typeof memoryStorage>;
let posted: Posted[];
let accepted: Message[];
let refused: string[];
let outbox: Outbox;
let keys: number;

const api: Pick<Api, 'request'> = {
  request: <Answer>(path: string, options?: RequestOptions) =>
    new Promise<Answer>((resolve, reject) => {
      posted.push({ path, options, answer: (value) => resolve(value as Answer), fail: reject });
    }),
};

function open(apiKeyId = 'key 1'): Outbox {
  outbox = createOutbox({
    api,
    apiKeyId,
    storage,
    storageName: 'outbox',
    now: time.now,
    after: time.after,
    random: () => 1,
    newKey: () => `send ${(keys += 1)}`,
    mark: () => 0,
    onAccepted: (sent) => accepted.push(sent),
    onRefused: (id) => refused.push(id),
  });
  return outbox;
}

const post = (index: number) =>
  until(`request ${index}`, () => posted[index]).then((request) => ({
    ...request,
    text: (request.options?.body as { text: { body: string } }).text.body,
    key: request.options?.idempotencyKey,
  }));
const states = (): string[] => outbox.pending.get().map((item) => item.state);
const answer = (id: string): Message => message(id, 1, { direction: 'out', status: 'queued' });
const away = new Unreachable(new Error('reset'));

beforeEach(() => {
  time = new HandTime();
  storage = memoryStorage();
  posted = [];
  accepted = [];
  refused = [];
  keys = 0;
});
afterEach(() => outbox.close());

describe('the outbox', () => {
  it('keeps a message pending until the server has taken it', async () => {
    open().send('c/1', 'שלום', [], 'wamid.quoted');
    expect(states()).toEqual(['sending']);
    const request = await post(0);
    expect(request).toMatchObject({ path: '/v1/conversations/c%2F1/messages', text: 'שלום', key: 'send 1' });
    expect(request.options?.body).toMatchObject({ context: { message_id: 'wamid.quoted' } });
    expect(accepted).toEqual([]);
    request.answer(answer('m1'));
    await until('the outbox to be empty', () => states().length === 0);
    expect(accepted.map((sent) => sent.id)).toEqual(['m1']);
    expect(storage.values.size).toBe(0);
  });

  it('posts a message again with the same key after a lost connection', async () => {
    open().send('c1', 'hello', []);
    (await post(0)).fail(away);
    await until('the wait', () => states()[0] === 'waiting');
    expect(outbox.pending.get()[0]?.retryAt).toBe(time.now() + 1_000);
    time.pass(1_000);
    expect(await post(1)).toMatchObject({ text: 'hello', key: 'send 1' });
  });

  it.each([
    [503, 8_000],
    [429, 3_000],
  ])('waits as long as a %i asks', async (status, wait) => {
    open().send('c1', 'hello', []);
    (await post(0)).fail(new ApiProblem(status, { type: 'x', title: 'x', detail: '' }, wait));
    await until('the wait', () => states()[0] === 'waiting');
    expect(time.waits).toEqual([wait]);
  });

  it('keeps the order of a conversation and does not hold up another', async () => {
    open().send('c1', 'first', []);
    outbox.send('c1', 'second', []);
    outbox.send('c2', 'elsewhere', []);
    expect([(await post(0)).text, (await post(1)).text]).toEqual(['first', 'elsewhere']);
    (await post(0)).fail(away);
    await until('the wait', () => states()[0] === 'waiting');
    expect(posted).toHaveLength(2);
    time.pass(1_000);
    (await post(2)).answer(answer('m1'));
    expect((await post(3)).text).toBe('second');
  });

  it('keeps what the server refuses, with its reason, and goes on with the next', async () => {
    open().send('c1', 'too late', []);
    outbox.send('c1', 'next', []);
    const problem = {
      type: 'https://whatsper.dev/problems/window-closed',
      title: 'Closed',
      detail: 'The window …',
    };
    (await post(0)).fail(new ApiProblem(409, problem, null));
    expect((await post(1)).text).toBe('next');
    expect(states()).toEqual(['refused', 'sending']);
    expect(outbox.pending.get()[0]?.problem).toEqual({
      kind: 'window-closed',
      title: 'Closed',
      detail: 'The window …',
    });
    expect(refused).toEqual(['c1']);
  });

  it('asks the agent instead of sending a message that has become old', async () => {
    open().send('c1', 'hello', []);
    const first = await post(0);
    time.pass(STALLED_AFTER_MS);
    first.fail(away);
    await until('the question', () => states()[0] === 'stalled');
    expect(time.waits).toEqual([]);
    outbox.retry('send 1');
    expect((await post(1)).key).toBe('send 1');
  });

  it('goes on after a reload with the same key', async () => {
    open().send('c1', 'hello', []);
    await post(0);
    outbox.close();
    open();
    expect(await post(1)).toMatchObject({ text: 'hello', key: 'send 1' });
  });

  it('does not go on by itself with what another API key began', () => {
    open('key 1').send('c1', 'hello', []);
    outbox.close();
    open('key 2');
    expect(states()).toEqual(['refused']);
    expect(outbox.pending.get()[0]?.problem?.kind).toBe('other-key');
    expect(posted).toHaveLength(1);
  });

  it('lets go of a discarded message and its timer, and sends what stood behind it', async () => {
    open().send('c1', 'first', []);
    outbox.send('c1', 'second', []);
    (await post(0)).fail(away);
    await until('the wait', () => states()[0] === 'waiting');
    outbox.discard('send 1');
    expect((await post(1)).text).toBe('second');
    expect(time.waits).toEqual([]);
  });
});

describe('withoutArrived', () => {
  const pending = (key: string, fields: Partial<PendingSend> = {}): PendingSend => ({
    key,
    apiKeyId: 'key 1',
    conversationId: 'c1',
    text: 'hello',
    createdAt: 0,
    twins: [],
    state: 'sending',
    retryAt: null,
    failures: 0,
    problem: null,
    ...fields,
  });
  const ours = (id: string, minute = 1): Message =>
    message(id, minute, { direction: 'out', content: { body: 'hello' } });

  it('hides what the feed has shown before the answer came', () => {
    expect(withoutArrived([pending('a')], [ours('m1')])).toEqual([]);
    expect(withoutArrived([pending('a')], [])).toHaveLength(1);
  });

  it('is not misled by an equal text from before, from the client, or by a refusal', () => {
    expect(
      withoutArrived([pending('a', { twins: twinsOf('hello', [ours('m1')]) })], [ours('m1')]),
    ).toHaveLength(1);
    expect(withoutArrived([pending('a')], [message('m1', 1, { content: { body: 'hello' } })])).toHaveLength(
      1,
    );
    expect(withoutArrived([pending('a', { state: 'refused' })], [ours('m1')])).toHaveLength(1);
  });

  it('takes each message for one pending message only', () => {
    const left = withoutArrived([pending('a'), pending('b')], [ours('m1')]);
    expect(left.map((item) => item.key)).toEqual(['b']);
    expect(withoutArrived([pending('a'), pending('b')], [ours('m2', 2), ours('m1')])).toEqual([]);
  });
});
