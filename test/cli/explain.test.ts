import { describe, expect, it } from '@jest/globals';

import { SettingsError } from '../../config/settings.ts';
import { explain } from '../../src/cli/explain.ts';
import { Reject } from '../../src/ops/errors.ts';
import { SafeError } from '../../src/ops/log.ts';
import { SealError } from '../../src/store/seal.ts';

const named = (name: string, fields: object = {}) => Object.assign(new Error('words'), { name, ...fields });

describe('what a person is told when a command fails', () => {
  it.each<[string, unknown, number, string]>([
    ['refused input', new Reject(422, 'x', 'name is odd.'), 2, 'name is odd.'],
    ['no such thing', new Reject(404, 'not-found', 'No such key.'), 3, 'No such key.'],
    ['wrong settings', new SettingsError(['PORT is odd']), 2, 'PORT is odd'],
    ['another master key', new SealError('MASTER_KEY is not the key.'), 2, 'MASTER_KEY is not the key.'],
    ['MongoDB away', named('MongooseServerSelectionError'), 1, 'MONGODB_URI'],
    ['MongoDB away, wrapped', new Error('x', { cause: named('MongoNetworkError') }), 1, 'MONGODB_URI'],
    ['Redis away', named('MaxRetriesPerRequestError'), 1, 'REDIS_URL'],
    ['Redis away in a command', new Error('Connection is closed.'), 1, 'REDIS_URL'],
    ['a refused login', named('MongoServerError', { code: 18 }), 1, 'user or password of MONGODB_URI'],
    ['a failure of ours', new SafeError('Ours.'), 1, 'Ours.'],
    ['a failure with words', new Error('The folder is locked.'), 1, 'The folder is locked.'],
    ['a failure of another kind', new TypeError('x is not y'), 1, 'It failed: TypeError: x is not y'],
    ['something that is no error', 'oops', 1, 'unknown reason'],
  ])('%s', (_what, error, exitCode, words) => {
    const explained = explain(error);
    expect(explained.exitCode).toBe(exitCode);
    expect(explained.message).toContain(words);
  });
});
