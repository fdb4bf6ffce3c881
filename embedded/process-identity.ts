import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

import { codeOf, fieldOf } from './errors.ts';

/**
 * What tells one process from every other: a pid is given out again, a pid with its start time is not.
 * `place` names the kernel run, the pid namespace and the host in which the pid means something.
 */
export interface ProcessIdentity {
  pid: number;
  /** Start time as the system tells it: clock ticks since boot on Linux, a date elsewhere. */
  started: string;
  place: string;
}

const STOP_POLL_MS = 25;

/** The identity of a running process; undefined when there is none (a zombie is none). */
export function identify(pid: number): ProcessIdentity | undefined {
  const started = process.platform === 'linux' ? startOnLinux(pid) : startByPs(pid);
  return started === undefined ? undefined : { pid, started, place: thisPlace() };
}

/** Whether exactly this process still runs here. False also for a process of another place. */
export function isRunning(identity: ProcessIdentity): boolean {
  return isOfThisPlace(identity) && identify(identity.pid)?.started === identity.started;
}

/** Whether the pid of this identity can be looked up here at all. */
export function isOfThisPlace(identity: ProcessIdentity): boolean {
  return identity.place === thisPlace();
}

/** Whether it ran under this very kernel, in whatever container: then its Unix sockets can be reached from here. */
export function isOfThisKernelRun(identity: ProcessIdentity): boolean {
  return identity.place.split(' ')[0] === kernelRun();
}

/**
 * Stops a process of which the identity is proven: SIGTERM, and SIGKILL when it is still there after `graceMs`.
 * Resolves when it is gone; a process that is not (or no longer) this one is never touched.
 */
export async function stopProcess(identity: ProcessIdentity, graceMs: number): Promise<void> {
  const killAt = Date.now() + graceMs;
  signal(identity, 'SIGTERM');
  while (isRunning(identity)) {
    if (Date.now() >= killAt) signal(identity, 'SIGKILL');
    await delay(STOP_POLL_MS);
  }
}

function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isRunning(identity)) return;
  try {
    process.kill(identity.pid, name);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

function startOnLinux(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(codeOf(error) ?? '')) return undefined;
    throw error;
  }
  // The command name stands in brackets and may hold spaces and brackets itself: the fields begin after the last.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  return state === 'Z' || state === 'X' ? undefined : fields[19];
}

function startByPs(pid: number): string | undefined {
  try {
    const line = execFileSync('ps', ['-p', String(pid), '-o', 'stat=,lstart='], { encoding: 'utf8' }).trim();
    const [state, ...date] = line.split(/\s+/);
    return state === undefined || state.startsWith('Z') ? undefined : date.join(' ');
  } catch (error) {
    // ps answers 1 for a pid that nobody has.
    if (fieldOf(error, 'status') === 1) return undefined;
    throw error;
  }
}

let place: string | undefined;

function thisPlace(): string {
  place ??= `${kernelRun()} ${pidNamespace()}`;
  return place;
}

/** An id that changes with each start of the kernel; the host's name where the system has no such id. */
function kernelRun(): string {
  if (process.platform === 'linux') return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  if (process.platform === 'darwin') {
    return execFileSync('sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }).trim();
  }
  return hostname();
}

/** Containers of one kernel each count their processes for themselves. */
function pidNamespace(): string {
  return process.platform === 'linux' ? readlinkSync('/proc/self/ns/pid') : '';
}
