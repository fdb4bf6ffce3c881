import { once } from 'node:events';
import { connect } from 'node:net';

import { describe, expect, it } from '@jest/globals';

import { findFreePort } from '../../embedded/ports.ts';

describe('findFreePort', () => {
  it('answers a loopback port on which nobody listens', async () => {
    const socket = connect(await findFreePort(), '127.0.0.1');
    await expect(once(socket, 'connect')).rejects.toThrow('ECONNREFUSED');
  });
});
