/** Processor time and memory of processes, as Linux tells them in /proc. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second whatever its own clock is. */
const TICK_MS = 10;
const KB_PER_PAGE = 4;

/** Fields of /proc/<pid>/stat from the third on: the name before them may hold spaces and brackets. */
function statOf(pid: number): string[] | undefined {
  const text = readIfThere(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined; // it has ended
    throw error;
  }
}

/** Processor time of these processes and of their ended children so far, in milliseconds. */
export function cpuMs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const stat = statOf(pid) ?? [];
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = stat.slice(11, 15).map(Number);
    return sum + (user + system + childUser + childSystem) * TICK_MS;
  }, 0);
}

/** Resident memory of these processes in kB; what they share is counted for each. */
export function memoryKb(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const pages = Number(readIfThere(`/proc/${pid}/statm`)?.split(' ')[1] ?? 0);
    return sum + pages * KB_PER_PAGE;
  }, 0);
}

/** The process that listens on a port of this machine; undefined when it is elsewhere or another user's. */
export function listenerOn(port: number): number | undefined {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const sockets = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of (readIfThere(table) ?? '').split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      if (state === '0A' && local.endsWith(wanted)) sockets.add(`socket:[${inode}]`);
    }
  }
  return processes().find((pid) => linksOf(pid).some((link) => sockets.has(link)));
}

/** Processes by the name of their program. */
export function processesNamed(pattern: RegExp): number[] {
  return processes().filter((pid) => pattern.test(readIfThere(`/proc/${pid}/comm`)?.trim() ?? ''));
}

function processes(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function linksOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).flatMap((name) => {
      try {
        return [readlinkSync(`${folder}/${name}`)];
      } catch {
        return []; // closed meanwhile
      }
    });
  } catch {
    return []; // ended, or another user's
  }
}

/** @throws Error where processor time can't be read */
export function requireProc(): void {
  if (!existsSync('/proc/self/stat')) {
    throw new Error('npm run bench reads processor time from /proc: run it on Linux.');
  }
}
