import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';

import { ENV_EXAMPLE, envExample, README, withSettings } from '../../config/reference.ts';
import { effectiveSettings, readSettings, SettingsError, settingsReference } from '../../config/settings.ts';

const MASTER_KEY = randomBytes(32).toString('base64');

function problemsOf(environment: Record<string, string | undefined>): string[] {
  try {
    readSettings(environment);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

describe('reading the settings', () => {
  it('needs none', () => {
    expect(readSettings({})).toEqual({
      PORT: 3000,
      DATA_DIR: './data',
      REDIS_PREFIX: 'whatsper',
      SEARCH_MESSAGES: 'off',
      REDIS_CLUSTER: 'off',
      INBOUND_QUEUES: 1,
      GRAPH_API_URL: 'https://graph.facebook.com',
      GRAPH_API_VERSION: 'v25.0',
      ROLE: 'all',
      LOG_LEVEL: 'info',
      CANARY: 'on',
      MEDIA_HOSTS: ['lookaside.fbsbx.com'],
      FFMPEG: 'ffmpeg',
      EMBEDDED_MONGODB: 'auto',
      RATE_READS: 30_000,
      RATE_WRITES: 60_000,
      RATE_SEARCHES: 1_200,
      RATE_EXPORTS: 120,
      RATE_REFUSALS: 600,
      RATE_FEEDS: 6_000,
      FEEDS_OPEN: 4_000,
      RATE_FILES: 60_000,
      SECURITY_CONTACT: 'mailto:team@texterchat.com',
      SIGN_UP: 'off',
      MAIL_OUTBOX: 'off',
      CONTACT_EMAIL: 'team@texterchat.com',
    });
  });

  it('takes an empty value as unset', () => {
    expect(readSettings({ PORT: '', MONGODB_URI: '', META_APP_SECRET: '' })).toEqual(readSettings({}));
  });

  it('cannot be changed afterwards', () => {
    expect(Object.isFrozen(readSettings({}))).toBe(true);
  });

  it('reads lists, with spaces, for rotation', () => {
    const settings = readSettings({
      META_APP_SECRET: 'new-secret, old-secret',
      MASTER_KEY: `${MASTER_KEY},${MASTER_KEY}`,
      WORKERS: 'inbound, outbox,',
    });
    expect(settings.META_APP_SECRET).toEqual(['new-secret', 'old-secret']);
    expect(settings.MASTER_KEY).toEqual([MASTER_KEY, MASTER_KEY]);
    expect(settings.WORKERS).toEqual(['inbound', 'outbox']);
  });

  it.each([
    'mongodb://localhost/whatsper',
    'mongodb://user:p%40ss@a.example:27017,b.example:27018,[::1]:27019/whatsper?replicaSet=rs0',
    'mongodb+srv://user:pass@cluster.example.net/whatsper?retryWrites=true&w=majority',
    'mongodb://mongo:27017',
  ])('takes the connection string %s', (MONGODB_URI) => {
    expect(readSettings({ MONGODB_URI, MASTER_KEY }).MONGODB_URI).toBe(MONGODB_URI);
  });

  it.each<[Record<string, string>, string]>([
    [{ PORT: '65536' }, 'PORT must be a port number from 0 to 65535'],
    [{ PORT: '-1' }, 'PORT must be a port number'],
    [{ PORT: '0x50' }, 'PORT must be a port number'],
    [{ PORT: '80.5' }, 'PORT must be a port number'],
    [{ PORT: 'tcp://10.0.0.1:80' }, 'PORT must be a port number'],
    [{ METRICS_PORT: 'nine' }, 'METRICS_PORT must be a port number'],
    [{ BASE_URL: 'gateway.example.com' }, 'BASE_URL must be a URL that starts with http:// or https://'],
    [{ REDIS_URL: 'http://redis' }, 'REDIS_URL must be a URL that starts with redis:// or rediss://'],
    [{ REDIS_LIVE_URL: 'redis' }, 'REDIS_LIVE_URL must be a URL'],
    [{ REDIS_URL: 'redis://a,redis://b' }, 'REDIS_URL names several servers: that needs REDIS_CLUSTER=on'],
    [{ REDIS_CLUSTER: 'on' }, 'REDIS_CLUSTER is on: set REDIS_URL'],
    [{ REDIS_URL: 'redis://a,redis://b/2', REDIS_CLUSTER: 'on' }, 'REDIS_URL names a database by its number'],
    [{ INBOUND_QUEUES: '0' }, 'INBOUND_QUEUES must be a number from 1 to 64'],
    [{ INBOUND_QUEUES: '65' }, 'INBOUND_QUEUES must be a number from 1 to 64'],
    [{ MONGODB_URI: 'localhost:27017', MASTER_KEY }, 'MONGODB_URI must be a connection string'],
    [{ MONGODB_URI: 'mongodb://', MASTER_KEY }, 'MONGODB_URI must be a connection string'],
    [{ MONGODB_URI: 'mongodb://a/name extra', MASTER_KEY }, 'MONGODB_URI must be a connection string'],
    [{ MASTER_KEY: 'short' }, 'MASTER_KEY must be 32 bytes in base64'],
    [{ MASTER_KEY: ',' }, 'MASTER_KEY must be 32 bytes in base64'],
    [{ MASTER_KEY: 'output of: openssl rand -base64 32' }, 'MASTER_KEY must be 32 bytes in base64'],
    [{ MASTER_KEY: randomBytes(33).toString('base64') }, 'MASTER_KEY must be 32 bytes in base64'],
    [{ MASTER_KEY: randomBytes(32).toString('hex') }, 'MASTER_KEY must be 32 bytes in base64'],
    [{ META_APP_SECRET: ' , ' }, 'META_APP_SECRET must name at least one secret'],
    [{ GRAPH_API_VERSION: '25' }, 'GRAPH_API_VERSION must look like v25.0'],
    [{ REDIS_PREFIX: 'a:b' }, 'REDIS_PREFIX must be 1 to 40 letters'],
    [{ ROLE: 'web,worker' }, 'ROLE must be one of all, web, worker'],
    [{ LOG_LEVEL: 'INFO' }, 'LOG_LEVEL must be one of fatal, error'],
    [{ EMBEDDED_MONGODB: 'yes' }, 'EMBEDDED_MONGODB must be one of auto, builtin'],
    [{ WORKERS: ',' }, 'WORKERS must name at least one worker'],
    [
      { WORKERS: 'inbound,post' },
      'WORKERS names "post"; known are inbound, outbox, endpoints, media, mail, audit, reconciler',
    ],
    [{ MONGODB_URI: 'mongodb://a/b' }, 'MASTER_KEY must be set when MONGODB_URI is'],
    [{ MASTER_KEY, MASTER_KEY_FILE: '/run/key' }, 'MASTER_KEY_FILE stands for MASTER_KEY: set one of them'],
    [{ TRUSTED_PROXIES: '10.0.0.0/33' }, 'TRUSTED_PROXIES must be IP addresses or networks'],
    [{ TRUSTED_PROXIES: 'proxy.example.com' }, 'TRUSTED_PROXIES must be IP addresses or networks'],
    [{ KEYS_MONGODB_URI: 'mongodb://a/b' }, 'set MONGODB_URI too, or neither'],
    [
      { KEYS_MONGODB_URI: 'mongodb://a/b', MONGODB_URI: 'mongodb://a/b', MASTER_KEY },
      'KEYS_MONGODB_URI must name another database',
    ],
  ])('refuses %j', (environment, problem) => {
    const problems = problemsOf(environment);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it.each([
    ['META_APP_SECRETS', 'META_APP_SECRET'],
    ['META_VERIFY_TOKKEN', 'META_VERIFY_TOKEN'],
    ['MONGO_URI', 'MONGODB_URI'],
    ['MONGODB_URL', 'MONGODB_URI'],
    ['MONGODBURI', 'MONGODB_URI'],
    ['REDIS_URI', 'REDIS_URL'],
    ['REDIS_LIVEURL', 'REDIS_LIVE_URL'],
    ['MASTER_KEYS', 'MASTER_KEY'],
    ['master_key', 'MASTER_KEY'],
    ['BASE_URI', 'BASE_URL'],
    ['DATADIR', 'DATA_DIR'],
    ['WORKER', 'WORKERS'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['SMTP_URI', 'SMTP_URL'],
    ['GRAPH_API_URI', 'GRAPH_API_URL'],
  ])('stops at %s and says what was meant: %s', (name, meant) => {
    expect(problemsOf({ [name]: 'x' })).toEqual([`${name} is not a setting; did you mean ${meant}?`]);
  });

  it.each([
    ['META_WEBHOOK_SECRET', 'META_APP_SECRET, META_APP_ID, META_VERIFY_TOKEN'],
    ['GRAPH_TOKEN', 'GRAPH_API_URL, GRAPH_API_VERSION'],
    ['EMBEDDED_REDIS', 'EMBEDDED_MONGODB, EMBEDDED_REDIS_MAXMEMORY'],
  ])('stops at %s, that is ours by its first word, and names the ones there are', (name, known) => {
    expect(problemsOf({ [name]: 'x' })).toEqual([`${name} is not a setting; known are ${known}`]);
  });

  it("leaves the machine's own names alone", () => {
    const names = [
      'PATH',
      'HOME',
      'HOSTNAME',
      'LANG',
      'PWD',
      'USER',
      'TERM',
      'NODE_ENV',
      'NODE_OPTIONS',
      'SHELL',
    ];
    const more = [
      'REDIS_PORT',
      'REDIS_SERVICE_HOST',
      'MONGO_PORT',
      'KUBERNETES_PORT',
      'POST',
      'ROLES',
      'PORTS',
    ];
    expect(problemsOf(Object.fromEntries([...names, ...more].map((name) => [name, 'x'])))).toEqual([]);
  });

  it('lists every problem at once, one line each', () => {
    const problems = problemsOf({
      PORT: 'x',
      ROLE: 'y',
      META_APP_SECRETS: 'z',
      GRAPH_TOKEN: 'w',
      MONGODB_URI: 'mongodb://a/b',
      WORKERS: 'post,fax',
    });
    expect(problems).toHaveLength(7);
    expect(new SettingsError(problems).message.split('\n')).toHaveLength(8);
    expect(new SettingsError(['one']).message).toBe('The settings have a problem:\n  - one');
  });

  it('P6: quotes no secret in its problems', () => {
    const secret = 'canary-secret';
    const problems = problemsOf({
      MONGODB_URI: `mysql://user:${secret}@host`,
      REDIS_URL: `http://${secret}`,
      MASTER_KEY: secret,
      SMTP_URL: secret,
      META_APP_SECRETS: secret,
    });
    expect(problems).toHaveLength(5);
    expect(problems.join('\n')).not.toContain(secret);
  });
});

describe('the settings as an operator sees them', () => {
  const shown = (environment: Record<string, string>) =>
    Object.fromEntries(
      effectiveSettings(environment).map(({ name, value, source }) => [name, [value, source]]),
    );

  it('say where each value comes from', () => {
    expect(shown({ PORT: '4000', WORKERS: 'inbound,outbox' })).toMatchObject({
      PORT: ['4000', 'environment'],
      WORKERS: ['inbound,outbox', 'environment'],
      ROLE: ['all', 'default'],
      HOST: [null, 'unset'],
    });
  });

  it.each([
    ['mongodb://user:secret@a:1,b:2/whatsper?authSource=admin', 'mongodb://****@a:1,b:2/whatsper'],
    ['mongodb://user:sec/ret@a/whatsper', 'mongodb://****@a/whatsper'],
    ['mongodb://user:s@cret@a/whatsper', undefined],
    ['mongodb://a/whatsper', 'mongodb://a/whatsper'],
  ])('show the place of %s and nothing more', (MONGODB_URI, expected) => {
    if (expected === undefined) expect(problemsOf({ MONGODB_URI, MASTER_KEY })).toHaveLength(1);
    else expect(shown({ MONGODB_URI, MASTER_KEY }).MONGODB_URI).toEqual([expected, 'environment']);
  });

  it('mask every secret', () => {
    const secret = 'canarysecret';
    const printed = JSON.stringify(
      effectiveSettings({
        MONGODB_URI: `mongodb://u:${secret}@a/b?password=${secret}`,
        KEYS_MONGODB_URI: `mongodb://u:${secret}@a/keys`,
        REDIS_URL: `redis://:${secret}@redis:6379/2`,
        REDIS_LIVE_URL: `redis://redis:6379?password=${secret}`,
        META_APP_SECRET: `${secret},${secret}`,
        META_VERIFY_TOKEN: secret,
        MASTER_KEY,
        SMTP_URL: `smtps://u:${secret}@mail`,
        GRAPH_API_URL: `https://u:${secret}@graph.example`,
      }),
    );
    expect(printed).not.toContain(secret);
    expect(printed).not.toContain(MASTER_KEY);
    expect(printed).toContain('redis://****@redis:6379/2');
  });
});

describe('the documentation of the settings', () => {
  const hint = 'stale: run node --import tsx config/reference.ts';

  it('.env.example is what the schema says', () => {
    expect([hint, readFileSync(ENV_EXAMPLE, 'utf8')]).toEqual([hint, envExample()]);
  });

  it("the README's list is what the schema says", () => {
    const readme = readFileSync(README, 'utf8');
    expect([hint, readme]).toEqual([hint, withSettings(readme)]);
  });

  it('refuses a README without a place for the list', () => {
    expect(() => withSettings('# Title')).toThrow('<!-- settings -->');
  });

  it('gives every setting a help text and something to write', () => {
    for (const { name, help, example } of settingsReference()) {
      expect([name, help.length > 20, example.length > 0]).toEqual([name, true, true]);
    }
  });

  it('gives examples that can be read, but for the key that everyone must make', () => {
    // The key that everyone must make, and the file that may hold it instead.
    const examples = settingsReference().filter(({ name }) => !name.startsWith('MASTER_KEY'));
    const environment = Object.fromEntries(examples.map(({ name, example }) => [name, example]));
    expect(problemsOf({ ...environment, MASTER_KEY })).toEqual([]);
  });
});
