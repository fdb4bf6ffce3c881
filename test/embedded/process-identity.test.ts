import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { afterEach, describe, expect, it } from '@jest/globals';

import type { ProcessIdentity } from '../../embedded/process-identity.ts';
import {
  identify,
  isOfThisKernelRun,
  isOfThisPlace,
  isRunning,
  stopProcess,
} from '../../embedded/process-identity.ts';

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function start(program: string): Promise<{ child: ChildProcess; identity: ProcessIdentity }> {
  const child = spawn(process.execPath, ['-e', `${program}; setInterval(() => 0, 1e6); console.log('up')`]);
  children.push(child);
  await once(child.stdout, 'data');
  const identity = identify(child.pid ?? 0);
  if (identity === undefined) throw new Error('The child cannot be found.');
  return { child, identity };
}

describe('identify', () => {
  it('knows a running process again', async () => {
    const { child, identity } = await start('');
    expect(identify(child.pid ?? 0)).toEqual(identity);
    expect(isRunning(identity)).toBe(true);
    expect(isOfThisPlace(identity)).toBe(true);
    expect(isOfThisKernelRun(identity)).toBe(true);
  });

  it('finds none behind a pid that nobody has, nor behind one that is only waiting to be collected', async () => {
    const { child, identity } = await start('');
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(identify(child.pid ?? 0)).toBeUndefined();
    expect(isRunning(identity)).toBe(false);
  });

  it('tells a process from a later one with the same pid', async () => {
    const { identity } = await start('');
    expect(isRunning({ ...identity, started: '1' })).toBe(false);
  });

  it('takes no pid of another namespace or kernel run for one of this', async () => {
    const { identity } = await start('');
    const elsewhere = { ...identity, place: 'another-kernel pid:[1]' };
    expect(isRunning(elsewhere)).toBe(false);
    expect(isOfThisKernelRun(elsewhere)).toBe(false);
  });
});

describe('stopProcess', () => {
  it('lets a process end by itself', async () => {
    const { child, identity } = await start("process.on('SIGTERM', () => process.exit(7))");
    await Promise.all([once(child, 'exit'), stopProcess(identity, 20_000)]);
    expect(child.exitCode).toBe(7);
  });

  it('kills one that does not', async () => {
    const { child, identity } = await start("process.on('SIGTERM', () => 0)");
    await Promise.all([once(child, 'exit'), stopProcess(identity, 100)]);
    expect(child.signalCode).toBe('SIGKILL');
  });

  it('touches nobody who only has the same pid', async () => {
    const { identity } = await start('');
    await stopProcess({ ...identity, started: '1' }, 0);
    expect(isRunning(identity)).toBe(true);
  });
});
