/** What is compared: three receivers, two of which also do the rest of the work. */
import type { Target } from '../messages.ts';
import type { Program } from '../programs.ts';
import type { FeedAddress } from '../receivers.ts';
import type { Servers } from '../servers.ts';

export const SIDE_NAMES = ['bare', 'naive', 'ours'] as const;
export type SideName = (typeof SIDE_NAMES)[number];
export type Part = 'web' | 'worker';

export interface Side {
  name: SideName;
  target: Target;
  /** Name of its database; empty when it has none. */
  database: string;
  /** One number for each business. */
  numbers: { phoneNumberId: string; wabaId: string }[];
  start(part: Part): Promise<Program>;
  /** Address of the feed of an agent of the business with this index. */
  feed(business: number, port: number): FeedAddress;
  /** Messages stored so far. */
  stored(): Promise<number>;
  /** Removes what it left in the database. */
  close(): Promise<void>;
}

export interface SideOptions {
  servers: Servers;
  /** Folder for logs and files. */
  folder: string;
  /** Where messages are delivered to. */
  endpointUrl: string;
  businesses: number;
  /** Businesses of which an agent listens: the first ones. */
  listening: number;
  /** Part of the names of databases and keys. */
  run: string;
  profile?: string | undefined;
}

/** Numbers of that many businesses, each its own. */
export function numbersOf(businesses: number): Side['numbers'] {
  return Array.from({ length: businesses }, (_, index) => ({
    phoneNumberId: `10${String(index).padStart(13, '0')}`,
    wabaId: `20${String(index).padStart(13, '0')}`,
  }));
}

/** Environment of a program: what any program needs, and nothing of the caller's settings. */
export function plainEnvironment(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), NODE_ENV: 'production' };
}

/** The port that a web server's ready line names. */
export function portOf(program: Program): number {
  return Number(program.ready.port);
}
