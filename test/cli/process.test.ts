/** The command as operators and programs start it: a process of its own, servers from the environment. */
import { spawn } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { listChannels } from '../../src/tenants/channels.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { freePort } from './free-port.ts';
import { runIn } from './terminal.ts';

interface Ended {
  exitCode: number | null;
  out: string;
  err: string;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ENTRY = fileURLToPath(new URL('./entry.ts', import.meta.url));

function start(command: string[], environment: Record<string, string>, input = ''): Promise<Ended> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, command, { cwd: ROOT, env: { PATH, HOME, ...environment } });
  child.stdin.end(input);
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, out, err }));
  });
}
const whatsper = (args: string[], environment: Record<string, string>, input = '') =>
  start(['--import', 'tsx', ENTRY, ...args], environment, input);

/** A process compiles the sources; on a busy machine that takes a while. */
jest.setTimeout(120_000);

describe('whatsper, started', () => {
  let ctx: TestContext;
  let folder: string;
  beforeAll(async () => {
    ctx = await testContext();
    folder = await mkdtemp(join(tmpdir(), 'whatsper-cli-'));
  });
  afterAll(async () => {
    await ctx.close();
    await rm(folder, { recursive: true });
  });

  it('makes a tenant and a channel that the gateway knows; standard output holds one document, whatever is logged', async () => {
    const environment = { ...ctx.environment, LOG_LEVEL: 'trace' };
    const document = async (line: string, input = '') => {
      const { exitCode, out, err } = await whatsper(line.split(' '), environment, input);
      expect([exitCode, err.includes('Error')]).toEqual([0, false]);
      return JSON.parse(out) as Record<string, string>;
    };
    const { tenantId = '' } = await document(
      'tenant create --name Bakery --email owner@bakery.example --json',
    );
    const channel = await document(
      `channel add --tenant ${tenantId} --phone-number-id 1 --waba-id 2 --display-number 97235550100 --token - --json`,
      'EAAG-of-standard-input\n',
    );
    expect(channel).toMatchObject({ channelId: expect.stringMatching(/^chn_/) });
    await expect(listChannels(ctx, tenantId)).resolves.toMatchObject([{ channelId: channel.channelId }]);
  });

  it('lists every problem of the settings, exit code 2', async () => {
    const { exitCode, out, err } = await runIn({ PORT: 'x', META_APP_SECRETS: 'y' }, ['tenant', 'list']);
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain('PORT must be a port number');
    expect(err).toContain('did you mean META_APP_SECRET?');
  });

  it('config prints the effective settings without any server', async () => {
    const environment = { ...ctx.environment, MONGODB_URI: 'mongodb://user:canary@nowhere.example/x' };
    const { exitCode, out } = await runIn(environment, ['config', '--json']);
    const { items } = JSON.parse(out) as { items: { name: string; value: string }[] };
    expect(exitCode).toBe(0);
    expect(items.find(({ name }) => name === 'MONGODB_URI')?.value).toBe('mongodb://****@nowhere.example/x');
    expect(out).not.toContain('canary');
  });

  it('says that MongoDB is away and which setting names it, exit code 1', async () => {
    const MONGODB_URI = `mongodb://127.0.0.1:${await freePort()}/x`;
    const { exitCode, out, err } = await runIn({ ...ctx.environment, MONGODB_URI }, [
      'tenant',
      'list',
      '--json',
    ]);
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    expect(err).toContain('MongoDB does not answer. Is MONGODB_URI right and the server running?');
  });

  it('says that Redis is away and which setting names it, exit code 1', async () => {
    const REDIS_URL = `redis://127.0.0.1:${await freePort()}`;
    const { exitCode, out, err } = await runIn({ ...ctx.environment, REDIS_URL }, ['tenant', 'list']);
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    expect(err).toContain('REDIS_URL');
  });

  it('says that the master key is another one, exit code 2', async () => {
    const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');
    const { exitCode, err } = await runIn({ ...ctx.environment, MASTER_KEY }, ['tenant', 'list']);
    expect(exitCode).toBe(2);
    expect(err).toContain('MASTER_KEY is not the key that this database was made with.');
  });

  it('says to build first when there is no build, exit code 1', async () => {
    await cp(join(ROOT, 'bin'), join(folder, 'bin'), { recursive: true });
    const { exitCode, err } = await start([join(folder, 'bin', 'whatsper.js'), 'status'], {});
    expect(exitCode).toBe(1);
    expect(err).toContain('npm run build');
  });
});
