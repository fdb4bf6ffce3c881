/** The whole product as processes on this machine: embedded servers, gateway, workers, simulator. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { settingsReference } from '../../config/settings.ts';
import { openEmbedded } from '../../embedded/index.ts';
import type { SimulatorOptions } from '../../simulator/index.ts';
import { type Child, startChild } from './child.ts';
import { Commands } from './commands.ts';
import { freePorts } from './ports.ts';

export interface MetaSecrets {
  appSecret: string;
  verifyToken: string;
}

export interface StackOptions {
  dataDir: string;
  secrets: MetaSecrets;
  /** Wished ports; a taken one, or 0, is replaced by a free one. */
  ports: { gateway: number; simulator: number };
  /** Who lives in the simulator, and how it behaves. */
  simulator: Omit<SimulatorOptions, 'webhookUrl' | 'appSecret' | 'verifyToken' | 'port'>;
  /** Settings besides those that the stack makes; MONGODB_URI and REDIS_URL here replace the embedded servers. */
  settings?: Record<string, string>;
  onProgress: (line: string) => void;
}

export type Part = 'gateway' | 'simulator' | 'worker';

export interface Stack {
  gatewayUrl: string;
  simulatorUrl: string;
  /** Runs `whatsper … --json`. @throws Error with what it said when it fails */
  cli<T>(...args: string[]): Promise<T>;
  child(part: Part): Child;
  /** Starts a part that has ended, on its old port. */
  restart(part: Part): Promise<void>;
  /** Resolves when a part ends that nobody stopped. */
  crashed: Promise<Child>;
  /** Stops all parts in order; resolves when nothing is left running. */
  stop(): Promise<void>;
}

export function newSecrets(): MetaSecrets {
  return { appSecret: randomBytes(16).toString('hex'), verifyToken: randomBytes(16).toString('hex') };
}

/** Starts everything. @throws Error when a part does not start; what had started is stopped then. */
export async function startStack(options: StackOptions): Promise<Stack> {
  mkdirSync(join(options.dataDir, 'logs'), { recursive: true });
  const [gatewayPort = 0, simulatorPort = 0] = await freePorts([
    options.ports.gateway,
    options.ports.simulator,
  ]);
  // By its name, not its number: browsers offer passkeys at no bare address.
  const gatewayUrl = `http://localhost:${gatewayPort}`;
  const simulatorUrl = `http://127.0.0.1:${simulatorPort}`;
  const environment = environmentOf(options, gatewayUrl, simulatorUrl);
  const configFile = join(options.dataDir, 'simulator.json');
  writeFileSync(configFile, JSON.stringify({ ...options.simulator, port: simulatorPort }), { mode: 0o600 });

  const parts = {
    gateway: {
      module: 'src/main.js',
      environment: { ...environment, ROLE: 'web', PORT: String(gatewayPort) },
      isReady: (line: Record<string, unknown>) => line.msg === 'gateway.ready',
    },
    simulator: {
      module: 'simulator/main.js',
      args: [configFile, '--webhook-url', `${gatewayUrl}/webhooks/whatsapp`],
      environment,
      isReady: (line: Record<string, unknown>) => line.ready === true,
    },
    worker: {
      module: 'src/main.js',
      environment: { ...environment, ROLE: 'worker', PORT: String(gatewayPort) },
      isReady: (line: Record<string, unknown>) => line.msg === 'gateway.ready',
    },
  };
  const running = new Map<Part, Child>();
  const expected = new Set<Child>();
  let onCrash: (child: Child) => void = () => undefined;
  const crashed = new Promise<Child>((resolve) => {
    onCrash = resolve;
  });

  const start = async (part: Part): Promise<void> => {
    const child = await startChild({
      name: part,
      logFile: join(options.dataDir, 'logs', `${part}.log`),
      ...parts[part],
    });
    running.set(part, child);
    void child.exited.then(() => {
      if (!expected.has(child)) onCrash(child);
    });
  };
  const stopPart = async (part: Part): Promise<void> => {
    const child = running.get(part);
    if (!child) return;
    expected.add(child);
    await child.stop();
    running.delete(part);
  };

  // Opened here as well, so that an installation shows its progress and the last one to leave waits for the end.
  const servers = await openEmbedded({
    dataDir: options.dataDir,
    redis: options.settings?.REDIS_URL === undefined,
    mongodb: options.settings?.MONGODB_URI === undefined,
    mongodbKind: environment.EMBEDDED_MONGODB === 'builtin' ? 'builtin' : 'auto',
    lingerMs: 0,
    onProgress: options.onProgress,
  });
  const commands = new Commands(environment);
  const stop = async (): Promise<void> => {
    await commands.end();
    await stopPart('worker');
    await stopPart('simulator');
    await stopPart('gateway');
    await servers.close();
  };
  try {
    await start('gateway');
    await Promise.all([start('simulator'), start('worker')]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    gatewayUrl,
    simulatorUrl,
    crashed,
    stop,
    async restart(part) {
      const child = running.get(part);
      if (child) await child.exited;
      await start(part);
    },
    child(part) {
      const child = running.get(part);
      if (!child) throw new Error(`The ${part} is not running.`);
      return child;
    },
    cli: (...args) => commands.run(args),
  };
}

/** The environment of every part: nothing of the caller's that is a setting, then the stack's own. */
function environmentOf(
  { dataDir, secrets, settings }: StackOptions,
  gatewayUrl: string,
  simulatorUrl: string,
): Record<string, string | undefined> {
  const names = new Set(settingsReference().map(({ name }) => name));
  const kept = Object.entries(process.env).filter(
    ([name]) => !names.has(name) && !/^(META|GRAPH|EMBEDDED|SIMULATOR)_/.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    ...(process.env.EMBEDDED_MONGODB ? { EMBEDDED_MONGODB: process.env.EMBEDDED_MONGODB } : {}),
    HOST: '127.0.0.1',
    BASE_URL: gatewayUrl,
    DATA_DIR: dataDir,
    GRAPH_API_URL: simulatorUrl,
    MAIL_OUTBOX: 'on',
    SIGN_UP: 'on',
    META_APP_SECRET: secrets.appSecret,
    META_VERIFY_TOKEN: secrets.verifyToken,
    ...settings,
  };
}
