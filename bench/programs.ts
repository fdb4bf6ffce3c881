/** The processes that are measured: started with their output in a file, so that reading it costs nobody anything. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { transformFile } from '@swc/core';

const DIST = new URL('../dist/', import.meta.url);
const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 20;

export interface Program {
  name: string;
  pid: number;
  /** What its ready line says. */
  ready: Record<string, unknown>;
  /** SIGTERM, and SIGKILL when that did not help in time. */
  stop(): Promise<void>;
}

export interface ProgramOptions {
  name: string;
  /** Absolute path of JavaScript. */
  file: string;
  /** Options of Node.js. */
  node?: string[] | undefined;
  environment: Record<string, string>;
  /** Folder for its output. */
  logs: string;
  /** Folder for a profile of its processor time, written when it stops. */
  profile?: string | undefined;
}

const running = new Set<Program>();

/** Stops what still runs when the whole is interrupted. */
export async function stopAllPrograms(): Promise<void> {
  await Promise.all([...running].map((program) => program.stop()));
}

/** A program is ready when it writes a JSON line with `msg` `gateway.ready` or `ready`. @throws Error with its last lines */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const { name, file, node = [], environment, logs, profile } = options;
  mkdirSync(logs, { recursive: true });
  const logFile = join(logs, `${name}-${Date.now()}.log`);
  const output = openSync(logFile, 'w', 0o600);
  const withParent = new URL('scripts/quickstart/with-parent.js', DIST).href;
  const profiling =
    profile === undefined
      ? []
      : ['--cpu-prof', `--cpu-prof-dir=${profile}`, `--cpu-prof-name=${name}.cpuprofile`];
  const child = spawn(process.execPath, [...node, '--import', withParent, ...profiling, file], {
    env: environment,
    detached: true,
    stdio: ['ignore', output, output, 'ipc'],
  });
  closeSync(output);
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  try {
    const ready = await untilReady(child, logFile);
    const program: Program = {
      name,
      pid: child.pid ?? 0,
      ready,
      async stop() {
        await stopProgram(child, exited);
        running.delete(program);
      },
    };
    running.add(program);
    return program;
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${name} did not start: ${String(error)}\n${lastLines(logFile)}`, { cause: error });
  }
}

async function untilReady(child: ChildProcess, logFile: string): Promise<Record<string, unknown>> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}`);
    for (const line of readFileSync(logFile, 'utf8').split('\n').slice(0, -1)) {
      if (!line.startsWith('{')) continue;
      const parsed = JSON.parse(line) as Record<string, unknown>;
      if (parsed.msg === 'gateway.ready' || parsed.msg === 'ready') return parsed;
    }
    await pause(LOOK_EVERY_MS);
  }
  throw new Error(`it was not ready after ${READY_WITHIN_MS / 1000} s`);
}

async function stopProgram(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await exited;
  clearTimeout(timer);
}

function lastLines(logFile: string): string {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-12).join('\n');
}

/** The product as built. */
export const GATEWAY = {
  file: fileURLToPath(new URL('src/main.js', DIST)),
  node: ['--max-semi-space-size=64'], // as `npm start`
};

/** Strips the types of a program that stands next to this file, so that no loader runs in what is measured. */
export async function compiled(name: 'bare' | 'naive'): Promise<string> {
  const source = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const { code } = await transformFile(source, {
    jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
    module: { type: 'es6' },
    swcrc: false,
  });
  const folder = fileURLToPath(new URL('bench/', DIST));
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.js`);
  writeFileSync(file, code);
  return file;
}
