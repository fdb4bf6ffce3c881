import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import type { Want } from '../../embedded/control.ts';
import { askForLease } from '../../embedded/lease.ts';
import type { Servers } from '../../embedded/supervisor/servers.ts';
import { createSupervisor, type Supervisor } from '../../embedded/supervisor/supervisor.ts';

const want: Want = { redis: true, mongodb: 'none', lingerMs: 0 };
const quiet = (): void => undefined;

let folder: string;
let path: string;
let listener: Server;
let supervisor: Supervisor;
let report: (line: string) => void;
let asked: Want[];
let stops: number;
let provide: Servers['provide'];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whatsper-supervisor-'));
  path = join(folder, 'control.sock');
  asked = [];
  stops = 0;
  provide = async () => ({ redisUrl: 'redis://somewhere' });
  supervisor = createSupervisor((tell) => {
    report = tell;
    return {
      provide: async (wish) => (asked.push(wish), provide(wish)),
      stop: async () => void (stops += 1),
    };
  });
  const sockets: Socket[] = [];
  listener = createServer((socket) => {
    sockets.push(socket);
    supervisor.accept(socket);
  });
  listener.listen(path);
  await once(listener, 'listening');
  // The end of the process is what closes the connections of those who wait for the end.
  supervisor.stopped.then(() => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  }, quiet);
});

afterEach(async () => {
  jest.useRealTimers();
  supervisor.stop();
  await supervisor.stopped;
  await rm(folder, { recursive: true });
});

async function lease(wish: Partial<Want> = {}, onProgress = quiet as (line: string) => void) {
  const granted = await askForLease(path, { ...want, ...wish }, onProgress);
  if (granted === undefined) throw new Error('No lease was granted.');
  return granted;
}

describe('the supervisor', () => {
  it('grants a lease with the addresses of what was wanted', async () => {
    const granted = await lease({ lingerMs: 1_000 });
    expect(granted.addresses).toEqual({ redisUrl: 'redis://somewhere' });
    expect(asked).toEqual([{ ...want, lingerMs: 1_000 }]);
    await granted.release();
  });

  it('lingers for the time that the last lease asked for', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    const granted = await lease({ lingerMs: 200 });
    await granted.release();
    jest.advanceTimersByTime(199);
    expect(stops).toBe(0);
    jest.advanceTimersByTime(1);
    expect(stops).toBe(1);
  });

  it('stays for a lease that comes while it lingers', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    const first = await lease({ lingerMs: 200 });
    await first.release();
    const second = await lease({ lingerMs: 200 });
    jest.advanceTimersByTime(60_000);
    expect(stops).toBe(0);
    await second.release();
    jest.advanceTimersByTime(200);
    expect(stops).toBe(1);
  });

  it('stops at once, and once, after a lease without linger', async () => {
    const first = await lease({ lingerMs: 60_000 });
    const second = await lease({ lingerMs: 0 });
    await first.release();
    expect(stops).toBe(0);
    await second.release();
    expect(stops).toBe(1);
  });

  it('ends when nobody asks for anything', async () => {
    jest.useFakeTimers();
    createSupervisor(() => ({ provide: async () => ({}), stop: async () => void (stops += 1) }));
    jest.advanceTimersByTime(10_000);
    expect(stops).toBe(1);
  });

  it('tells every lease what happens, and why a server cannot be had', async () => {
    const told: string[] = [];
    provide = async () => {
      report('installing');
      throw new Error('install redis-server');
    };
    await expect(lease({ lingerMs: 1_000 }, (line) => told.push(line))).rejects.toThrow(
      'install redis-server',
    );
    expect(told).toEqual(['installing']);
  });

  it('grants nothing any more once it stops', async () => {
    listener.once('connection', () => supervisor.stop());
    expect(await askForLease(path, want, quiet)).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it('answers nobody who does not speak its language', async () => {
    const socket = connect(path);
    socket.on('error', quiet);
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await once(socket, 'close');
    expect(asked).toEqual([]);
  });
});

describe('askForLease', () => {
  it('finds nobody where nobody listens', async () => {
    expect(await askForLease(join(folder, 'absent.sock'), want, quiet)).toBeUndefined();
  });
});
