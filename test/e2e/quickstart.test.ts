import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { join as joinBusiness, signIn } from '../../scripts/quickstart/people.ts';
import { Api } from '../../scripts/quickstart/rest.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/quickstart.mjs', import.meta.url));

interface Running {
  consoleUrl: string;
  keys: string[];
  owner: { accountNumber: string; name: string; password: string };
  invitation: string;
  /** What a Ctrl-C does; resolves with the exit code. */
  interrupt(): Promise<number | null>;
}

/** Runs the quickstart until it says that it is running. */
async function start(dataDir: string): Promise<Running> {
  const child = spawn(process.execPath, [SCRIPT], {
    env: { ...process.env, DATA_DIR: dataDir, PORT: '0', SIMULATOR_PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const lines: string[] = [];
  const running = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        if (line.startsWith('Ctrl-C')) resolve();
      });
    }
    void exited.then(() => reject(new Error(`The quickstart ended:\n${lines.join('\n')}`)));
  });
  await running;
  const said = lines.join('\n');
  return {
    consoleUrl: /Console\s+(http:\S+)\/t\//.exec(said)?.[1] ?? '',
    owner: {
      accountNumber: /Console\s+http:\S+\/t\/(\d{10})/.exec(said)?.[1] ?? '',
      name: /Owner\s+user name (\S+),/.exec(said)?.[1] ?? '',
      password: /Owner\s.*password (\S+)/.exec(said)?.[1] ?? '',
    },
    invitation: /http:\S+#\/invitation\/\S+/.exec(said)?.[0] ?? '',
    keys: [...said.matchAll(/wsk_\S+/g)].map(([key]) => key),
    async interrupt() {
      child.kill('SIGINT');
      return (await exited)[0];
    },
  };
}

/** Processes that have the folder in their command line or environment, as far as this system tells (Linux). */
function processesOf(dataDir: string): string[] {
  if (!existsSync('/proc')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => ['cmdline', 'environ'].some((file) => readOf(pid, file).includes(dataDir)));
}

function readOf(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    // It ended meanwhile, or is somebody else's.
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      return '';
    }
    throw error;
  }
}

describe('npm run quickstart', () => {
  let dataDir: string;
  let first: { keys: string[]; conversations: number };

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'whatsper-quickstart-'));
  });

  afterAll(async () => {
    await rm(dataDir, { recursive: true, force: true });
  });

  it('makes a business with an owner, three keys and conversations in it', async () => {
    const running = await start(dataDir);
    expect(running.keys).toHaveLength(3);
    for (const key of running.keys) {
      const { items } = await new Api(running.consoleUrl, key).conversations();
      first = { keys: running.keys, conversations: items.length };
      expect(items.length).toBeGreaterThanOrEqual(4);
    }
    const api = new Api(running.consoleUrl, running.keys[0] ?? '');
    const templates = await api.get<{ items: { sendable: boolean }[] }>('/v1/templates');
    expect(templates.items.map(({ sendable }) => sendable)).toEqual([true, true, true]);
    const owner = await signIn(running.consoleUrl, running.owner);
    const me = await owner.get<{ caller: { kind: string }; pending: string[] }>('/v1/me');
    expect(me).toMatchObject({ caller: { kind: 'person' }, pending: [] });
    expect((await owner.conversations()).items).toHaveLength(first.conversations);
    expect(await owner.get('/v1/about')).toMatchObject({ signUp: true });
    expect(await running.interrupt()).toBe(0);
  }, 240_000); // a limit for a busy machine

  it('leaves no process behind after a Ctrl-C', () => {
    expect(processesOf(dataDir)).toEqual([]);
  });

  it('finds the same business at the next start', async () => {
    const running = await start(dataDir);
    const { items } = await new Api(running.consoleUrl, running.keys[0] ?? '').conversations();
    expect({ keys: running.keys, conversations: items.length }).toEqual(first);
    const password = 'gentle otters juggle pears';
    const { accountNumber } = running.owner;
    expect(await joinBusiness(running.consoleUrl, running.invitation, password)).toBe(accountNumber);
    const agent = await signIn(running.consoleUrl, { accountNumber, name: 'dana', password });
    expect((await agent.conversations()).items).toHaveLength(items.length);
    expect(await running.interrupt()).toBe(0);
  }, 240_000); // a limit for a busy machine
});
