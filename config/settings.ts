/**
 * Every setting of the gateway: one schema of the environment, parsed once at the start.
 * `whatsper config` prints it; `.env.example` and the README's list are made from it (reference.ts).
 */
import type { z } from 'zod';

import { oddNames } from './odd-names.ts';
import { redisNodes, type Setting, SETTINGS, WORKER_NAMES } from './schema.ts';

type Settings_ = { [Name in keyof typeof SETTINGS]: z.output<(typeof SETTINGS)[Name]['schema']> };
export type Settings = Readonly<Settings_>;

type Environment = Record<string, string | undefined>;

/** The start must stop: every problem of the environment, one line each. */
export class SettingsError extends Error {
  constructor(readonly problems: string[]) {
    const title = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    super(`The settings have ${title}:\n${problems.map((line) => `  - ${line}`).join('\n')}`);
    this.name = 'SettingsError';
  }
}

/**
 * Reads the environment into settings; an empty value counts as unset.
 * @throws SettingsError that lists every problem at once and quotes no value that may be secret.
 */
export function readSettings(environment: Environment): Settings {
  const present = presentOf(environment);
  const problems = oddNames(Object.keys(present), Object.keys(SETTINGS));
  const values: Record<string, unknown> = {};
  for (const [name, { schema }] of Object.entries<Setting>(SETTINGS)) {
    const parsed = schema.safeParse(present[name]);
    if (parsed.success) values[name] = parsed.data;
    else problems.push(...parsed.error.issues.map((issue) => `${name} ${issue.message}`));
  }
  problems.push(...contradictions(present, values));
  if (problems.length > 0) throw new SettingsError(problems);
  return Object.freeze(values as Settings);
}

function presentOf(environment: Environment): Record<string, string> {
  const pairs = Object.entries(environment);
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => Boolean(pair[1])));
}

/** What each value allows but all of them together do not. */
function contradictions(present: Record<string, string>, { WORKERS = [] }: Partial<Settings>): string[] {
  const found = redisContradictions(present);
  if (present.MASTER_KEY && present.MASTER_KEY_FILE) {
    found.push('MASTER_KEY_FILE stands for MASTER_KEY: set one of them');
  }
  if (present.MONGODB_URI && !present.MASTER_KEY && !present.MASTER_KEY_FILE) {
    found.push(
      'MASTER_KEY must be set when MONGODB_URI is, or MASTER_KEY_FILE: a key made on this machine would be lost with it (openssl rand -base64 32)',
    );
  }
  if (present.KEYS_MONGODB_URI && !present.MONGODB_URI) {
    found.push('KEYS_MONGODB_URI is for an external database: set MONGODB_URI too, or neither');
  }
  if (present.KEYS_MONGODB_URI && present.KEYS_MONGODB_URI === present.MONGODB_URI) {
    found.push('KEYS_MONGODB_URI must name another database than MONGODB_URI: keys are backed up apart');
  }
  if (present.MAIL_OUTBOX === 'on' && !['127.0.0.1', 'localhost', '::1'].includes(present.HOST ?? '')) {
    found.push('MAIL_OUTBOX shows all mail to whoever asks: set HOST to 127.0.0.1, or MAIL_OUTBOX to off');
  }
  for (const name of WORKERS) {
    if (!(WORKER_NAMES as readonly string[]).includes(name)) {
      found.push(`WORKERS names "${name}"; known are ${WORKER_NAMES.join(', ')}`);
    }
  }
  return found;
}

function redisContradictions({ REDIS_URL, REDIS_CLUSTER }: Record<string, string>): string[] {
  if (REDIS_CLUSTER !== 'on') {
    return REDIS_URL === undefined || redisNodes(REDIS_URL).length === 1
      ? []
      : ['REDIS_URL names several servers: that needs REDIS_CLUSTER=on'];
  }
  if (REDIS_URL === undefined) return ['REDIS_CLUSTER is on: set REDIS_URL to one or several of its nodes'];
  const databases = redisNodes(REDIS_URL).map((node) => (URL.canParse(node) ? new URL(node).pathname : ''));
  return databases.every((path) => ['', '/', '/0'].includes(path))
    ? []
    : [
        'REDIS_URL names a database by its number: a Redis Cluster has only one; REDIS_PREFIX keeps installations apart',
      ];
}

export interface EffectiveSetting {
  name: string;
  value: string | null;
  source: 'environment' | 'default' | 'unset';
  help: string;
}

/** The settings as an operator may see them: secrets say only that they are set; URLs lose their credentials. */
export function effectiveSettings(environment: Environment): EffectiveSetting[] {
  const settings = readSettings(environment);
  const present = presentOf(environment);
  return Object.entries<Setting>(SETTINGS).map(([name, { help, secret }]) => {
    const value = settings[name as keyof Settings];
    const source = name in present ? 'environment' : value === undefined ? 'unset' : 'default';
    return { name, value: value === undefined ? null : shown(String(value), secret === true), source, help };
  });
}

/** Everything before the last `@` may be part of a password that was not escaped; options may hold one too. */
function shown(value: string, isSecret: boolean): string {
  const [protocol] = /^[a-z][a-z0-9+]*:\/\//.exec(value) ?? [];
  if (protocol === undefined) return isSecret ? '********' : value;
  const at = value.lastIndexOf('@');
  const rest = value.slice(at === -1 ? protocol.length : at + 1);
  const [place = ''] = isSecret ? rest.split(/[?#]/) : [rest];
  return `${protocol}${at === -1 ? '' : '****@'}${place}`;
}

export interface SettingReference {
  name: string;
  help: string;
  /** What to write where nothing fits better: an example, or the default. */
  example: string;
  /** What holds when it is unset. */
  fallback: string | null;
  required: false;
}

/** Every setting for `.env.example` and the README. */
export function settingsReference(): SettingReference[] {
  return Object.entries<Setting>(SETTINGS).map(([name, { schema, help, example }]) => {
    const value = schema.safeParse(undefined).data as string | number | undefined;
    const fallback = value === undefined ? null : String(value);
    return { name, help, example: example ?? fallback ?? '', fallback, required: false };
  });
}
