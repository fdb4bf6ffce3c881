/** From an error to a status: the caller's fault 4xx, a neighbour's 503, ours 500 without a word of it. */
import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';

import { problemFor } from '../../src/http/errors.ts';
import { notFound, Reject, Retry } from '../../src/ops/errors.ts';

const { MongoServerError } = mongoose.mongo;
const named = (name: string, message: string, code?: string | number) =>
  Object.assign(new Error(message), { name, ...(code === undefined ? {} : { code }) });

describe('problemFor', () => {
  it('answers what a Reject says', () => {
    const errors = [{ path: 'a', message: 'wrong' }];
    const { problem } = problemFor(new Reject(409, 'window-closed', 'Closed.', { errors }), 'req_1');
    expect(problem).toEqual({
      type: 'https://whatsper.dev/problems/window-closed',
      title: 'Window closed',
      status: 409,
      detail: 'Closed.',
      errors,
    });
    expect(problemFor(notFound('message'), 'req_1').problem.status).toBe(404);
  });

  it('asks for the key with a 401', () => {
    expect(problemFor(new Reject(401, 'unauthorized', '…'), 'req_1').headers).toHaveProperty(
      'WWW-Authenticate',
    );
  });

  it.each([
    ['MongoDB can’t be found', new mongoose.Error.MongooseServerSelectionError('away')],
    ['the connection to MongoDB broke', named('MongoNetworkError', 'connection 7 closed')],
    ['MongoDB is slow', named('MongoOperationTimeoutError', 'Timed out')],
    ['MongoDB has no primary', new MongoServerError({ code: 10_107, message: 'not primary' })],
    ['Redis is away', named('MaxRetriesPerRequestError', 'Reached the max retries per request limit')],
    ['Redis is not connected', new Error("Stream isn't writeable and enableOfflineQueue options is false")],
    ['Redis is slow', new Error('Command timed out')],
    ['Redis is loading', named('ReplyError', 'LOADING Redis is loading the dataset in memory')],
    ['Redis is full', named('ReplyError', 'OOM command not allowed when used memory')],
    ['a port is closed', named('Error', 'connect ECONNREFUSED', 'ECONNREFUSED')],
  ])('answers 503 with Retry-After when %s', (_what, error) => {
    const { problem, headers } = problemFor(error, 'req_1');
    expect(problem.status).toBe(503);
    expect(Number(headers['Retry-After'])).toBeGreaterThan(0);
  });

  it('takes the pause from a Retry', () => {
    expect(problemFor(new Retry('later', { afterMs: 12_400 }), 'req_1').headers['Retry-After']).toBe('13');
  });

  it.each([
    ['a bug', new TypeError('secret-canary is not a function')],
    ['a duplicate nobody caught', new MongoServerError({ code: 11_000, message: 'dup key: secret-canary' })],
    ['a command Redis refused', named('ReplyError', 'WRONGTYPE secret-canary')],
    ['something that is no error', 'secret-canary'],
  ])('answers 500 with the request id and nothing else for %s', (_what, error) => {
    const { problem } = problemFor(error, 'req_1');
    expect(problem.status).toBe(500);
    expect(problem.detail).toContain('req_1');
    expect(JSON.stringify(problem)).not.toContain('secret-canary');
  });
});
