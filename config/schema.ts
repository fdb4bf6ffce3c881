/** Every setting: how its text is read, what it is for, and what the documentation shows of it. */
import { isIP } from 'node:net';

import { z } from 'zod';

export interface Setting {
  schema: z.ZodType;
  help: string;
  /** Never printed, except the host of a URL. */
  secret?: true;
  /** Shown where there is no default. */
  example?: string;
}

/** Queues beyond this are looked for by nobody. */
export const MOST_INBOUND_QUEUES = 64;

export const WORKER_NAMES = [
  'inbound',
  'outbox',
  'endpoints',
  'media',
  'mail',
  'audit',
  'reconciler',
] as const;
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** `a, b` → `['a', 'b']`. */
function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port number from 0 to 65535')
  .transform(Number)
  .refine((value) => value <= 65_535, 'must be a port number from 0 to 65535');

/** 1 to 1,000,000,000. */
const amount = z
  .string()
  .regex(/^[1-9]\d{0,8}$|^1000000000$/, 'must be a whole number from 1 to 1000000000')
  .transform(Number);

function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, { error: `must be one of ${words.join(', ')}` });
}

function url(...protocols: string[]) {
  const starts = protocols.map((name) => `${name}//`).join(' or ');
  return z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol), {
    error: `must be a URL that starts with ${starts}`,
  });
}

/** Several hosts are no URL of the WHATWG: `mongodb://user:password@a:27017,b:27017/name?options`. */
const mongodbUri = z
  .string()
  .regex(/^mongodb(\+srv)?:\/\/([^@\s]*@)?[^@\s/?,]+(,[^@\s/?,]+)*(\/[^\s?]*)?(\?\S*)?$/, {
    error: 'must be a connection string that starts with mongodb:// or mongodb+srv://',
  });

/** `redis://a:6379,redis://b:6379` → its parts; a comma elsewhere belongs to a password. */
export function redisNodes(urls: string): string[] {
  return urls.split(/,\s*(?=rediss?:\/\/)/);
}

/** One server, or several nodes of a cluster: `redis://a:6379,redis://b:6379`. */
const redisUrls = z
  .string()
  .refine((value) => redisNodes(value).every((part) => url('redis:', 'rediss:').safeParse(part).success), {
    error: 'must be a URL that starts with redis:// or rediss://; of a cluster, several, comma-separated',
  });

/** `192.0.2.7`, `10.0.0.0/8`, `fd00::/8` */
function isNetwork(given: string): boolean {
  const [address = '', bits, ...rest] = given.split('/');
  const most = isIP(address) === 6 ? 128 : 32;
  return (
    isIP(address) !== 0 &&
    rest.length === 0 &&
    (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
  );
}

/** 32 bytes are 43 characters of base64 and one of padding. */
const masterKeys = z
  .string()
  .transform(list)
  .refine((keys) => keys.length > 0 && keys.every((key) => /^[A-Za-z0-9+/_-]{43}=?$/.test(key)), {
    error:
      'must be 32 bytes in base64 (openssl rand -base64 32); during a rotation: new key first, comma, old key',
  });

/** A folder by its whole path, or `s3://bucket/prefix`. */
const blobUrl = z.string().refine(
  (value) => {
    if (!URL.canParse(value)) return false;
    const { protocol, hostname, searchParams, username } = new URL(value);
    if (protocol === 'file:') return /^file:\/\/\/./.test(value);
    const known = [...searchParams.keys()].every((name) => name === 'region' || name === 'endpoint');
    return protocol === 's3:' && hostname !== '' && username === '' && known;
  },
  { error: 'must look like file:///whole/path or s3://bucket/prefix?region=…&endpoint=…' },
);

/** Places, comma-separated. */
const blobUrls = z.string().transform(list).pipe(z.array(blobUrl).min(1, 'must name at least one place'));

export const SETTINGS = {
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
    help: 'Public address of this installation, used in links. Unset: http://localhost:PORT. With a public one, endpoints on this machine are refused.',
    example: 'https://gateway.example.com',
  },
  TRUSTED_PROXIES: {
    schema: z
      .string()
      .transform(list)
      .refine((all) => all.length > 0 && all.every(isNetwork), {
        error: 'must be IP addresses or networks, comma-separated, like 10.0.0.0/8,192.0.2.7',
      })
      .optional(),
    help: 'Addresses of the proxies that end TLS. With a BASE_URL of https only what they hand on, and say came over https, is answered; the rest is refused (403), but for /healthz and /readyz. From them, and nobody else, X-Forwarded-For is taken as the address of who asks. Unset: only what says X-Forwarded-Proto: http is refused, and all who come by a proxy have its address.',
    example: '10.0.0.0/8',
  },
  DATA_DIR: {
    schema: z.string().min(1).default('./data'),
    help: 'Folder for what must outlive the process: spool, embedded servers, generated keys.',
  },
  MONGODB_URI: {
    schema: mongodbUri.optional(),
    help: 'MongoDB with the database name in the path. Unset: an embedded server in DATA_DIR.',
    secret: true,
    example: 'mongodb://mongo:27017/whatsper',
  },
  KEYS_MONGODB_URI: {
    schema: mongodbUri.optional(),
    help: 'Database of the encryption keys, backed up apart. Unset: the database of MONGODB_URI with "_keys" after its name.',
    secret: true,
    example: 'mongodb://keys-mongo:27017/whatsper_keys',
  },
  REDIS_URL: {
    schema: redisUrls.optional(),
    help: 'Redis for the queues; run it with appendfsync always and noeviction. Unset: an embedded server in DATA_DIR.',
    secret: true,
    example: 'redis://redis:6379',
  },
  REDIS_CLUSTER: {
    schema: oneOf(['on', 'off']).default('off'),
    help: 'on: REDIS_URL is a Redis Cluster; it may then name several of its nodes, comma-separated. See also INBOUND_QUEUES.',
  },
  INBOUND_QUEUES: {
    schema: z
      .string()
      .regex(/^\d{1,2}$/, 'must be a number from 1 to 64')
      .transform(Number)
      .refine((value) => value >= 1 && value <= MOST_INBOUND_QUEUES, 'must be a number from 1 to 64')
      .default(1),
    help: 'Queues over which received messages are spread, each on one node of a Redis Cluster: about four per node. The same for all processes. Workers also empty the queues of a larger former number.',
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
      .refine((secrets) => secrets.length > 0, 'must name at least one secret')
      .optional(),
    help: 'App secret of the Meta app that signs the webhooks; two, comma-separated, during a rotation. Unset: webhooks are refused (401).',
    secret: true,
    example: 'your-app-secret',
  },
  META_APP_ID: {
    schema: z
      .string()
      .regex(/^\d{1,32}$/, 'must be the number that Meta shows for the app: digits only')
      .optional(),
    help: 'Id of the Meta app of META_APP_SECRET. Needed for Embedded Signup (channel connect --code); with it tokens are also asked about in the name of the app.',
    example: '1234567890123456',
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
    schema: masterKeys.optional(),
    help: '32 bytes in base64 that wrap every tenant key; comma-separated for rotation, new one first. Unset: made in DATA_DIR with mode 0600, and refused with an external database.',
    secret: true,
    example: 'output of: openssl rand -base64 32',
  },
  MASTER_KEY_FILE: {
    schema: z.string().min(1).optional(),
    help: 'Instead of MASTER_KEY: path of a file with one key a line, newest first, as container platforms mount secrets.',
    example: '/run/secrets/whatsper-master-key',
  },
  SIGN_UP: {
    schema: oneOf(['on', 'off']).default('off'),
    help: 'on: a business may open an account by itself (POST /v1/sign-up, and a page of the console). off: the operator makes each (whatsper tenant create).',
  },
  POLICY_FILE: {
    schema: z.string().min(1).optional(),
    help: 'Text file of the privacy policy that people accept before they work here: a first line “Version: 2026-11”, then the text. Another version is accepted anew. Unset: a template that says so.',
    example: '/etc/whatsper/policy.txt',
  },
  TERMS_FILE: {
    schema: z.string().min(1).optional(),
    help: 'Text file of the terms that a business accepts when it opens an account (SIGN_UP), shown at /terms: a first line “Version: 2026-11”, then the text. Its version and hash are recorded with each account. Unset: a template that says so.',
    example: '/etc/whatsper/terms.txt',
  },
  SMTP_URL: {
    schema: url('smtp:', 'smtps:').optional(),
    help: 'Mail server for invitations and password resets; needs BASE_URL for the links in mail. Unset: no mail is sent, and what needs it is refused (503).',
    secret: true,
    example: 'smtps://user:password@mail.example.com',
  },
  MAIL_FROM: {
    schema: z
      .string()
      .regex(/^(?:[^<>\p{Cc}]{1,100} <[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/u, {
        error: 'must look like no-reply@example.com or Name <no-reply@example.com>',
      })
      .optional(),
    help: 'Who sends the mail. Unset: no-reply@ and the host of BASE_URL.',
    example: 'WHATSPER <no-reply@example.com>',
  },
  MAIL_OUTBOX: {
    schema: oneOf(['on', 'off']).default('off'),
    help: 'on: for trying the product on one machine; no mail leaves, all of it is shown at /outbox to whoever opens that page. Refused unless HOST is this machine only.',
  },
  CONTACT_EMAIL: {
    schema: z.email('must be an e-mail address').default('team@texterchat.com'),
    help: 'Address for questions, shown below each mail and on the sign-in page.',
  },
  POLICY_URL: {
    schema: url('http:', 'https:').optional(),
    help: 'Address of the privacy policy, linked below each mail and on the sign-in page. Unset: the page /policy of this installation.',
    example: 'https://example.com/privacy',
  },
  ROLE: {
    schema: oneOf(['all', 'web', 'worker']).default('all'),
    help: 'What this process runs: the web server, the workers, or both.',
  },
  WORKERS: {
    schema: z
      .string()
      .transform(list)
      .refine((names) => names.length > 0, 'must name at least one worker')
      .optional(),
    help: `Names of the workers to run (${WORKER_NAMES.join(', ')}). Unset: all.`,
    example: 'inbound,outbox',
  },
  LOG_LEVEL: {
    schema: oneOf(LOG_LEVELS).default('info'),
    help: 'Least level of the log lines (JSON on standard output).',
  },
  BLOB_URL: {
    schema: blobUrl.optional(),
    help: 'Where media is kept, encrypted: a folder (file:///var/whatsper/blobs), or a store that speaks S3, which with several machines all of them share (s3://bucket/prefix?region=eu-central-1, of another store than AWS also &endpoint=https://…; keys as usual in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY). Unset: DATA_DIR/blobs.',
    example: 's3://bucket/prefix?region=eu-central-1',
  },
  AUDIT_CHECKPOINTS: {
    schema: blobUrls.optional(),
    help: 'Where signed checkpoints of the audit log are kept, comma-separated: folders (file:///mnt/other/checkpoints) and buckets with Object Lock (s3://bucket/prefix?region=…). Best a place that whoever can write the database can’t write. Unset: DATA_DIR/audit-checkpoints.',
    example: 's3://audit-bucket/checkpoints?region=eu-central-1',
  },
  SEARCH_MESSAGES: {
    schema: oneOf(['on', 'off']).default('off'),
    help: 'on: messages are found by their words; keyed digests of each message’s words are kept in the database, which costs each message some processor time (docs/security/encryption.md). Contacts are found in any case. After a change: whatsper derived rebuild.',
  },
  AUDIT_MAIL: {
    schema: z.email('must be an e-mail address').optional(),
    help: 'Address to which the newest checkpoints of the audit log are mailed once a day.',
    example: 'audit@example.com',
  },
  MEDIA_HOSTS: {
    schema: z
      .string()
      .transform(list)
      .refine(
        (hosts) => hosts.length > 0 && hosts.every((host) => /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(host)),
        {
          error: 'must be names of hosts, comma-separated, like lookaside.fbsbx.com',
        },
      )
      .default(['lookaside.fbsbx.com']),
    help: 'Hosts from which media is fetched with the access token of its number, besides the host of GRAPH_API_URL; comma-separated.',
  },
  FFMPEG: {
    schema: z.string().min(1).default('ffmpeg'),
    help: 'The ffmpeg that turns voice messages into MP3 for every browser, and recordings of browsers into what WhatsApp plays. Without it both are left as they are.',
  },
  EMBEDDED_MONGODB: {
    schema: oneOf(['auto', 'builtin']).default('auto'),
    help: 'With MONGODB_URI unset: auto starts a mongod found on the machine, else the built-in server; builtin never looks for one.',
  },
  EMBEDDED_REDIS_MAXMEMORY: {
    schema: z
      .string()
      .regex(/^\d+(k|m|g)b$/i, 'must be an amount of memory like 512mb or 2gb')
      .optional(),
    help: 'With REDIS_URL unset: most memory of the embedded Redis; at three quarters of it webhooks go to the spool. Unset: a quarter of the machine, from 64 MB to 2 GB.',
    example: '512mb',
  },
  RATE_READS: {
    schema: amount.default(30_000),
    help: 'REST requests that read, of one tenant in a minute; one key or person may take half of that. Beyond it: 429 with Retry-After.',
  },
  RATE_WRITES: {
    schema: amount.default(60_000),
    help: 'REST requests that change or send something, of one tenant in a minute; one key or person may take half of that.',
  },
  RATE_SEARCHES: {
    schema: amount.default(1_200),
    help: 'Searches of one tenant in a minute; one key or person may take half of that.',
  },
  RATE_EXPORTS: {
    schema: amount.default(120),
    help: 'Exports of one tenant in an hour; one key or person may take half of that.',
  },
  RATE_REFUSALS: {
    schema: amount.default(600),
    help: 'Requests with a refused key or session that one address may make in a minute, for each process; then 429. Behind a proxy that TRUSTED_PROXIES does not name all have its address.',
  },
  RATE_FEEDS: {
    schema: amount.default(6_000),
    help: 'Live feeds that one tenant may open in a minute; one key or person may open half of that.',
  },
  FEEDS_OPEN: {
    schema: amount.default(4_000),
    help: 'Live feeds that one tenant may hold open at each process; one key or person may hold half of that. Beyond it: 429.',
  },
  RATE_FILES: {
    schema: amount.default(60_000),
    help: 'Files that may be fetched by the links of one tenant in a minute; one link may take half of that.',
  },
  TEMPLATES_PER_DAY: {
    schema: amount.optional(),
    help: 'Most templates that one tenant may send in a day (UTC), since WhatsApp charges for them. Unset: no cap.',
    example: '10000',
  },
  SECURITY_CONTACT: {
    schema: z
      .string()
      .regex(
        /^(mailto:[^\s@]+@[^\s@]+|https:\/\/\S+)$/,
        'must look like mailto:security@example.com or https://…',
      )
      .default('mailto:team@texterchat.com'),
    help: 'Where /.well-known/security.txt sends who found a weakness: mailto:… or https://….',
  },
  METRICS_PORT: {
    schema: port.optional(),
    help: 'Port for /metrics (Prometheus), on HOST, or on this machine only when HOST is unset. Unset: not served.',
    example: '9464',
  },
  CANARY: {
    schema: oneOf(['on', 'off']).default('on'),
    help: 'A webhook of our own each minute through the whole way of a message; an alarm when none comes through. Needs META_APP_SECRET.',
  },
} as const satisfies Record<string, Setting>;
