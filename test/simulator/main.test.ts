import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const MAIN = join(import.meta.dirname, '..', '..', 'simulator', 'main.ts');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'simulator-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function run(args: string[], environment: Record<string, string> = {}) {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, ...environment };
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  return { child, errors: () => errors };
}

describe('the simulator as a process', () => {
  it('takes a settings file, tells its port in one line, and stops when asked', async () => {
    const file = join(folder, 'simulator.json');
    const number = { phoneNumberId: '7', wabaId: '8', displayNumber: '9', accessToken: 'a', name: 'Seven' };
    writeFileSync(file, JSON.stringify({ appSecret: 's', verifyToken: 'v', numbers: [number], people: [] }));
    const { child } = run([file], { SIMULATOR_PORT: '0' });
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
    const { ready, port } = JSON.parse(chunk.toString()) as { ready: boolean; port: number };
    expect(ready).toBe(true);
    const numbers: unknown = await (await fetch(`http://127.0.0.1:${port}/control/numbers`)).json();
    expect(numbers).toMatchObject({ items: [{ phoneNumberId: '7', name: 'Seven' }] });
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('without a secret says which variable to set', async () => {
    const { child, errors } = run(['--port', '0']);
    expect(await once(child, 'exit')).toEqual([1, null]);
    expect(errors()).toContain('META_APP_SECRET');
    expect(errors()).toContain('META_VERIFY_TOKEN');
  });
});
