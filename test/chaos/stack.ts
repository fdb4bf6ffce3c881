/** The product as built, as it runs in production: receivers and workers in processes of their own, before them a balancer. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { settingsReference } from '../../config/settings.ts';
import { built, type Child, startChild } from '../../scripts/quickstart/child.ts';
import { Commands } from '../../scripts/quickstart/commands.ts';
import { Proxy } from './proxy.ts';
import type { RunServers } from './servers.ts';
import type { SpoolDisk } from './spool-disk.ts';

export type Role = 'web' | 'worker';

export interface Secrets {
  appSecret: string;
  verifyToken: string;
}

interface Wishes {
  dataDir: string;
  name: string;
  servers: RunServers;
  disk: SpoolDisk;
  secrets: Secrets;
  graphUrl: string;
  counts: Record<Role, number>;
  /** Loaded first by every process of the product: what a test breaks in it. */
  preload?: string | undefined;
}

interface Balancer {
  url: string;
  proxy: Proxy;
}

export interface Stack {
  /** Runs `whatsper … --json`. @throws Error with what it said when it fails */
  cli<T>(...args: string[]): Promise<T>;
  count(role: Role): number;
  pid(role: Role, index: number): number;
  /** SIGKILL, and after the pause a new process in its place. */
  killAndRestart(role: Role, index: number, pause: () => Promise<unknown>): Promise<void>;
  /** Processes of the product that ended although nobody ended them, with their last lines. */
  crashes: string[];
  stop(): Promise<void>;
}

/** Stands before all receivers, as a load balancer does; made first, since Meta must know its address. */
export async function openBalancer(): Promise<Balancer> {
  const proxy = new Proxy([]);
  return { url: `http://127.0.0.1:${await proxy.listen()}`, proxy };
}

export async function startStack(wishes: Wishes, balancer: Balancer): Promise<Stack> {
  if (!existsSync(built('src/main.js'))) throw new Error('The product is not built: npm run build');
  const { dataDir, counts } = wishes;
  mkdirSync(join(dataDir, 'logs'), { recursive: true });
  const environment = environmentOf(wishes, balancer.url);
  const running: Record<Role, Child[]> = { web: [], worker: [] };
  const started = new Set<Child>();
  const expected = new Set<Child>();
  const crashes: string[] = [];
  const start = async (role: Role, index: number): Promise<void> => {
    const name = `${role}-${index + 1}`;
    const child = await startChild({
      name,
      module: 'src/main.js',
      environment: { ...environment, ROLE: role, PORT: '0' },
      logFile: join(dataDir, 'logs', `${name}.log`),
      isReady: (line) => line.msg === 'gateway.ready',
    });
    running[role][index] = child;
    started.add(child);
    if (role === 'web') balancer.proxy.move(index, { host: '127.0.0.1', port: Number(child.ready.port) });
    void child.exited.then(({ code, signal }) => {
      started.delete(child);
      if (!expected.has(child)) crashes.push(`${name} ended (${signal ?? code}): ${child.lastLines()}`);
    });
  };
  const memberOf = (role: Role, index: number): Child => {
    const child = running[role][index % counts[role]];
    if (!child) throw new Error(`There is no ${role} ${index}.`);
    return child;
  };
  const commands = new Commands(environmentOf({ ...wishes, preload: undefined }, balancer.url));
  const stop = async (): Promise<void> => {
    await commands.end();
    await Promise.all([...started].map((child) => stopOne(child, expected)));
  };
  try {
    // The first one makes the collections' indexes; the others find them.
    await start('web', 0);
    await Promise.all([
      ...indexes(counts.web)
        .slice(1)
        .map((index) => start('web', index)),
      ...indexes(counts.worker).map((index) => start('worker', index)),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    cli: (...args) => commands.run(args),
    count: (role) => counts[role],
    pid: (role, index) => memberOf(role, index).pid,
    async killAndRestart(role, index, pause) {
      const child = memberOf(role, index);
      expected.add(child);
      child.kill('SIGKILL');
      // Its port may be another's soon.
      if (role === 'web') balancer.proxy.move(index % counts[role], undefined);
      await child.exited;
      await pause();
      await start(role, index % counts[role]);
    },
    crashes,
    stop,
  };
}

const indexes = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** A paused process can't hear that it should end. */
async function stopOne(child: Child, expected: Set<Child>): Promise<void> {
  expected.add(child);
  child.kill('SIGCONT');
  await child.stop();
}

/** Nothing of the caller's that is a setting, then the run's own. */
function environmentOf(wishes: Wishes, url: string): Record<string, string | undefined> {
  const { dataDir, name, servers, disk, secrets, graphUrl, preload } = wishes;
  const settings = new Set(settingsReference().map((setting) => setting.name));
  const kept = Object.entries(process.env).filter(
    ([key]) => !settings.has(key) && !/^(META|GRAPH|EMBEDDED|SIMULATOR)_/.test(key),
  );
  const options = [disk.environment.NODE_OPTIONS, preload && `--import=${preload}`].filter(Boolean).join(' ');
  return {
    ...Object.fromEntries(kept),
    ...disk.environment,
    NODE_OPTIONS: options,
    HOST: '127.0.0.1',
    BASE_URL: url,
    DATA_DIR: dataDir,
    MONGODB_URI: servers.database.url,
    REDIS_URL: servers.redis.url,
    REDIS_PREFIX: name,
    MASTER_KEY: masterKeyOf(secrets),
    GRAPH_API_URL: graphUrl,
    META_APP_SECRET: secrets.appSecret,
    META_VERIFY_TOKEN: secrets.verifyToken,
  };
}

/** 32 bytes: the same for every process of the run. */
function masterKeyOf({ appSecret, verifyToken }: Secrets): string {
  return Buffer.from(`${appSecret}${verifyToken}`, 'hex').toString('base64');
}

export function newSecrets(): Secrets {
  return { appSecret: randomBytes(16).toString('hex'), verifyToken: randomBytes(16).toString('hex') };
}
