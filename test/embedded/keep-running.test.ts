import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { findFreePort } from '../../embedded/ports.ts';
import { identify } from '../../embedded/process-identity.ts';
import type { KeptServer } from '../../embedded/supervisor/keep-running.ts';
import { keepRunning } from '../../embedded/supervisor/keep-running.ts';
import { serverRecord } from '../../embedded/supervisor/records.ts';
import type { Server } from '../../embedded/supervisor/server-process.ts';
import { waitFor } from './openers.ts';

/** Listens on the port it is given and says so. */
const LISTENS = `
const server = require('node:net').createServer();
server.on('error', (error) => { console.error(error.message); process.exit(1); });
server.listen(Number(process.argv[1]), '127.0.0.1', () => console.log('listening'));
process.on('SIGTERM', () => process.exit(0));
`;

let folder: string;
let kept: KeptServer | undefined;
let told: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whatsper-keep-'));
  told = [];
  kept = undefined;
});

afterEach(async () => {
  await kept?.stop();
  await rm(folder, { recursive: true });
});

function fake(script: string): Server {
  return {
    name: 'Fake',
    command: (port) => ({
      command: process.execPath,
      args: ['-e', script, String(port)],
      env: { NODE_OPTIONS: '' },
    }),
    ready: async ({ line }) => {
      await line((said) => said === 'listening');
    },
    url: (port) => `fake://127.0.0.1:${port}`,
  };
}

async function keep(script: string): Promise<KeptServer> {
  kept = await keepRunning(fake(script), serverRecord(folder, 'fake'), (line) => told.push(line));
  return kept;
}

const pidNow = async (): Promise<number | undefined> =>
  (await serverRecord(folder, 'fake').read())?.process.pid;

describe('keepRunning', () => {
  it('starts a server again on its port, and tells how it ended', async () => {
    const { url } = await keep(LISTENS);
    const pid = await pidNow();
    process.kill(pid ?? 0, 'SIGKILL');
    await waitFor('the next', async () => (await pidNow()) !== pid);
    expect((await serverRecord(folder, 'fake').read())?.port).toBe(Number(new URL(url).port));
    expect(told).toEqual([
      `Fake stopped unexpectedly (it ended by SIGKILL); starting it again on port ${new URL(url).port}`,
    ]);
  });

  it('tells once that a server keeps failing, and goes on trying', async () => {
    // The first start works; from the second on it dies at once.
    const flag = JSON.stringify(join(folder, 'started'));
    const script = `const fs = require('node:fs');
      if (fs.existsSync(${flag})) { fs.appendFileSync(${flag}, 'x'); console.error('the disk is full'); process.exit(1); }
      fs.writeFileSync(${flag}, ''); ${LISTENS}`;
    await keep(script);
    process.kill((await pidNow()) ?? 0, 'SIGKILL');
    const starts = async (): Promise<number> => (await readFile(join(folder, 'started'), 'utf8')).length;
    await waitFor('many starts', async () => (await starts()) >= 5);
    expect(told).toHaveLength(5);
    expect(told[1]).toContain('the disk is full');
    expect(told[4]).toContain('for the 5th time; trying on without a word');
  });

  it('takes another port when the one it had is taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    serverRecord(folder, 'fake').write(port, { pid: 0, started: '', place: '' });
    const { url } = await keep(LISTENS);
    expect(url).not.toBe(`fake://127.0.0.1:${port}`);
    await new Promise((resolve) => taken.close(resolve));
  });

  it('keeps the port it had', async () => {
    const port = await findFreePort();
    serverRecord(folder, 'fake').write(port, { pid: 0, started: '', place: '' });
    expect((await keep(LISTENS)).url).toBe(`fake://127.0.0.1:${port}`);
  });

  it('stops a server in the middle of its troubles', async () => {
    await keep(LISTENS);
    const pid = await pidNow();
    process.kill(pid ?? 0, 'SIGKILL');
    await waitFor('the word of it', async () => told.length > 0);
    await kept?.stop();
  });

  it('fails with the server’s own words when it does not start', async () => {
    await expect(keep("console.error('bad option'); process.exit(2)")).rejects.toThrow(
      'Fake did not start: it ended with code 2. | bad option',
    );
  });

  it('leaves no process behind when it cannot be noted', async () => {
    let pid = 0;
    const record = {
      read: async () => undefined,
      write: (_port: number, started: { pid: number }) => {
        pid = started.pid;
        throw new Error('the disk is full');
      },
    };
    await expect(keepRunning(fake(LISTENS), record, () => undefined)).rejects.toThrow('the disk is full');
    expect(pid).toBeGreaterThan(0);
    expect(identify(pid)).toBeUndefined();
  });

  it('fails when there is no such program', async () => {
    const absent = { ...fake(''), command: () => ({ command: join(folder, 'absent'), args: [] }) };
    const starting = keepRunning(absent, serverRecord(folder, 'fake'), () => undefined);
    await expect(starting).rejects.toThrow(/Fake did not start: it cannot be run \(.*ENOENT/);
  });
});
