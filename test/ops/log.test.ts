/** P6: whatever a caller passes, only ids, counts, durations and codes reach the log. */
import { PassThrough } from 'node:stream';

import { describe, expect, it } from '@jest/globals';

import { createLogger, SafeError } from '../../src/ops/log.ts';

function capture() {
  const stream = new PassThrough();
  const log = createLogger('trace', stream);
  return { log, text: () => String((stream.read() as Buffer | null) ?? '') };
}

describe('log', () => {
  it('shows what is on the list', () => {
    const { log, text } = capture();
    log.info({ tenantId: 'ten_1', ms: 3, outcome: 'stored' }, 'inbound.handled');
    expect(JSON.parse(text())).toMatchObject({
      tenantId: 'ten_1',
      ms: 3,
      outcome: 'stored',
      msg: 'inbound.handled',
    });
  });

  it('drops every other key, and objects under listed ones', () => {
    const { log, text } = capture();
    log.warn(
      {
        body: 'CANARY',
        phone: 'CANARY',
        headers: { authorization: 'CANARY' },
        reason: { deep: 'CANARY' },
        wamid: 'CANARY',
      },
      'x',
    );
    expect(text()).not.toContain('CANARY');
  });

  it.each([
    [
      'a driver',
      Object.assign(new Error('E11000 dup key: CANARY'), { code: 11000, keyValue: { phone: 'CANARY' } }),
    ],
    [
      'an HTTP client',
      Object.assign(new Error('Request failed: CANARY'), {
        config: { headers: { Authorization: 'CANARY' } },
        response: { data: 'CANARY' },
      }),
    ],
    ['a cause', new Error('outer CANARY', { cause: new Error('inner CANARY') })],
    ['several lines', new Error('first CANARY\n    second CANARY\n  at CANARY')],
  ])('shows of an error of %s its name, code and frames, never its message', (_name, error) => {
    const { log, text } = capture();
    log.error({ err: error }, 'failed');
    log.error(error, 'failed');
    const lines = text();
    expect(lines).toContain('"name":"Error"');
    expect(lines).toContain('frames');
    expect(lines).not.toContain('CANARY');
  });

  it('shows messages that are ours', () => {
    const { log, text } = capture();
    log.error({ err: new SafeError('Redis does not answer.') }, 'failed');
    expect(text()).toContain('Redis does not answer.');
  });

  it('keeps line breaks inside one line', () => {
    const { log, text } = capture();
    log.info({ reason: 'a\r\n{"msg":"forged"}' }, 'x');
    expect(text().trim().split('\n')).toHaveLength(1);
  });
});
