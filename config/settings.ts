/**
 * Every setting of the gateway: one schema of the environment, parsed once at the start.
 * `whatsper config` prints it, `.env.example` and the README's table are made from it.
 */
import { z } from 'zod';

const list = (value: string) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

const port = z.coerce.number().int().min(0).max(65_535);
const url = (...protocols: string[]) =>
  z.string().refine((value) => protocols.includes(protocolOf(value)), {
    error: `must be a URL that starts with ${protocols.map((name) => `${name}//`).join(' or ')}`,
  });

function protocolOf(value: string): string {
  return URL.canParse(value) ? new URL(value).protocol : '';
}

const masterKey = z
  .string()
  .transform(list)
  .refine((keys) => keys.length > 0 && keys.every((key) => Buffer.from(key, 'base64').length === 32), {
    error:
      'must be 32 bytes in base64 (openssl rand -base64 32); during a rotation: new key first, comma, old key',
  });

interface Setting {
  schema: z.ZodType;
  help: string;
  secret?: true;
  example?: string;
}

const SETTINGS = {
  PORT: {
    schema: port.default(3000),
    help: 'Port of the webhook, REST, feed and console server; 0 asks the system for a free one.',
  },
  HOST: {
    schema: z.string().min(1).optional(),
    help: 'Address to listen on. Unset: all interfaces.',
    example: '127.0.0.1',
  },
  BASE_URL: {
    schema: url('http:', 'https:').optional(),
    help: 'Public address of this installation, used in links. Unset: http://localhost:PORT.',
    example: 'https://gateway.example.com',
  },
  DATA_DIR: {
    schema: z.string().min(1).default('./data'),
    help: 'Folder for what must outlive the process: spool, embedded servers, generated keys.',
  },
  MONGODB_URI: {
    schema: url('mongodb:', 'mongodb+srv:').optional(),
    help: 'MongoDB with the database name in the path. Unset: an embedded server in DATA_DIR.',
    secret: true,
    example: 'mongodb://mongo:27017/whatsper',
  },
  KEYS_MONGODB_URI: {
    schema: url('mongodb:', 'mongodb+srv:').optional(),
    help: 'Database of the encryption keys, backed up apart. Unset: the database of MONGODB_URI with "_keys" after its name.',
    secret: true,
    example: 'mongodb://keys-mongo:27017/whatsper_keys',
  },
  REDIS_URL: {
    schema: url('redis:', 'rediss:').optional(),
    help: 'Redis for the queues; run it with appendfsync always and noeviction. Unset: an embedded server in DATA_DIR.',
    secret: true,
    example: 'redis://redis:6379',
  },
  REDIS_LIVE_URL: {
    schema: url('redis:', 'rediss:').optional(),
    help: 'Redis for feeds, presence and rate limits. Unset: the same server as REDIS_URL.',
    secret: true,
    example: 'redis://redis-live:6379',
  },
  REDIS_PREFIX: {
    schema: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,40}$/, 'must be 1 to 40 letters, digits, dots, dashes or underscores')
      .default('whatsper'),
    help: 'First part of every Redis key, so that several installations can share a server.',
  },
  META_APP_SECRET: {
    schema: z
      .string()
      .transform(list)
      .refine((secrets) => secrets.length > 0, 'must not be empty')
      .optional(),
    help: 'App secret of the Meta app that signs the webhooks; two, comma-separated, during a rotation. Unset: webhooks are refused (401).',
    secret: true,
    example: 'your-app-secret',
  },
  META_VERIFY_TOKEN: {
    schema: z.string().min(1).optional(),
    help: 'Verify token of the webhook subscription handshake. Unset: handshakes are refused (403).',
    secret: true,
    example: 'a-long-random-word',
  },
  GRAPH_API_URL: {
    schema: url('http:', 'https:').default('https://graph.facebook.com'),
    help: "Address of Meta's Graph API, or of the simulator.",
  },
  GRAPH_API_VERSION: {
    schema: z
      .string()
      .regex(/^v\d+\.\d+$/, 'must look like v25.0')
      .default('v25.0'),
    help: 'Graph API version that sends use.',
  },
  MASTER_KEY: {
    schema: masterKey.optional(),
    help: '32 bytes in base64 that wrap every tenant key; comma-separated for rotation, new one first. Unset: made in DATA_DIR with mode 0600, and refused with an external database.',
    secret: true,
    example: 'output of: openssl rand -base64 32',
  },
  SMTP_URL: {
    schema: url('smtp:', 'smtps:').optional(),
    help: 'Mail server for invitations and password resets (not used yet).',
    secret: true,
    example: 'smtps://user:password@mail.example.com',
  },
  ROLE: {
    schema: z.enum(['all', 'web', 'worker']).default('all'),
    help: 'What this process runs: the web server, the workers, or both.',
  },
  WORKERS: {
    schema: z.string().transform(list).optional(),
    help: 'Names of the workers to run (inbound, outbox, endpoints, reconciler). Unset: all.',
    example: 'inbound,outbox',
  },
  LOG_LEVEL: {
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    help: 'Least level of the log lines (JSON on standard output).',
  },
  BLOB_URL: {
    schema: url('file:', 's3:').optional(),
    help: 'Where media will be kept (not used yet). Unset: DATA_DIR/blobs.',
    example: 's3://bucket/prefix',
  },
  EMBEDDED_MONGODB: {
    schema: z.enum(['auto', 'builtin']).default('auto'),
    help: 'With MONGODB_URI unset: auto starts a mongod found on the machine, else the built-in server; builtin never looks for one.',
  },
  METRICS_PORT: {
    schema: port.optional(),
    help: 'Port on which /metrics is served to your monitoring. Unset: not served.',
    example: '9464',
  },
} as const satisfies Record<string, Setting>;

type Settings_ = { [Name in keyof typeof SETTINGS]: z.output<(typeof SETTINGS)[Name]['schema']> };
export type Settings = Readonly<Settings_>;

/** The start must stop: every problem of the environment, one line each. */
export class SettingsError extends Error {
  constructor(readonly problems: string[]) {
    super(
      `The settings have ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((line) => `  - ${line}`).join('\n')}`,
    );
    this.name = 'SettingsError';
  }
}

/** Reads the environment into settings. @throws SettingsError that lists every problem at once. */
export function readSettings(environment: Record<string, string | undefined>): Settings {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const problems = oddNames(Object.keys(present));
  const values: Record<string, unknown> = {};
  for (const [name, { schema }] of Object.entries<Setting>(SETTINGS)) {
    const parsed = schema.safeParse(present[name]);
    if (parsed.success) values[name] = parsed.data;
    else problems.push(...parsed.error.issues.map((issue) => `${name} ${issue.message}`));
  }
  problems.push(...contradictions(values as Settings));
  if (problems.length > 0) throw new SettingsError(problems);
  return Object.freeze(values as Settings);
}

function contradictions(settings: Settings): string[] {
  const found: string[] = [];
  if (settings.MONGODB_URI && !settings.MASTER_KEY) {
    found.push(
      'MASTER_KEY must be set when MONGODB_URI is: a key made on this machine would be lost with it (openssl rand -base64 32)',
    );
  }
  const known = ['inbound', 'outbox', 'endpoints', 'reconciler'];
  for (const name of settings.WORKERS ?? []) {
    if (!known.includes(name)) found.push(`WORKERS names "${name}"; known are ${known.join(', ')}`);
  }
  return found;
}

/** Names nobody would set on purpose: ours by prefix but unknown, or one or two letters away from a known one. */
function oddNames(names: string[]): string[] {
  const known = Object.keys(SETTINGS);
  return names
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const near = known.find(
        (candidate) =>
          candidate.length > 5 &&
          distanceUpTo(name.toUpperCase(), candidate, 2) <= (candidate.length > 8 ? 2 : 1),
      );
      if (near) return [`${name} is not a setting; did you mean ${near}?`];
      if (/^(META|GRAPH|EMBEDDED)_/.test(name))
        return [
          `${name} is not a setting; known are ${known.filter((candidate) => candidate.startsWith(name.split('_')[0] ?? '')).join(', ')}`,
        ];
      return [];
    });
}

/** Edit distance (Levenshtein), not computed beyond `limit`. */
function distanceUpTo(left: string, right: string, limit: number): number {
  if (Math.abs(left.length - right.length) > limit) return limit + 1;
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const replaced = (previous[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}

export interface EffectiveSetting {
  name: string;
  value: string | null;
  source: 'environment' | 'default' | 'unset';
  help: string;
}

/** The settings as an operator may see them: secrets say only that they are set; URLs lose their credentials. */
export function effectiveSettings(environment: Record<string, string | undefined>): EffectiveSetting[] {
  const settings = readSettings(environment);
  return Object.entries<Setting>(SETTINGS).map(([name, { help, secret }]) => {
    const value = settings[name as keyof Settings];
    const given = environment[name] !== undefined && environment[name] !== '';
    const shown = value === undefined ? null : secret ? masked(value) : String(value);
    return {
      name,
      value: shown,
      source: given ? 'environment' : value === undefined ? 'unset' : 'default',
      help,
    };
  });
}

function masked(value: unknown): string {
  if (typeof value !== 'string' || !URL.canParse(value)) return '********';
  const parsed = new URL(value);
  return parsed.host
    ? `${parsed.protocol}//${parsed.username ? '****@' : ''}${parsed.host}${parsed.pathname}`
    : '********';
}

/** Name, help and example or default of every setting, for `.env.example` and the README. */
export function settingsReference(): { name: string; help: string; example: string; required: false }[] {
  return Object.entries<Setting>(SETTINGS).map(([name, { schema, help, example }]) => {
    const fallback: unknown = schema.safeParse(undefined).data;
    return {
      name,
      help,
      example: example ?? (fallback === undefined ? '' : String(fallback)),
      required: false,
    };
  });
}
