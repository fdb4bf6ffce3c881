/**
 * Meta apps as the operator makes and sees them, and as the receiver asks for them. The app of the bare address,
 * `default`, has its secret in the settings (META_APP_SECRET); others have theirs here.
 */
import { z } from 'zod';

import type { Settings } from '../../config/settings.ts';
import type { Context } from '../context.ts';
import { notFound, Reject } from '../ops/errors.ts';
import { isDuplicateKey } from '../store/errors.ts';
import { asOperator } from '../store/scope.ts';
import { type AppCredentials, type AppRow, Apps } from './apps-model.ts';
import { checkInput } from './input.ts';
import { findTenant } from './tenants.ts';

/** The app of the bare address. */
export const DEFAULT_APP = 'default';

/** What the receiver needs of an app. */
export interface KnownApp {
  secrets: string[];
  verifyTokens: string[];
}

export interface AppDirectory {
  /** `unread`: the database was never asked, so nobody knows. */
  find(app: string): Promise<KnownApp | 'unknown' | 'unread'>;
}

/** The app of the settings. */
export function settingsApp({ META_APP_SECRET, META_VERIFY_TOKEN }: Settings): KnownApp {
  return {
    secrets: META_APP_SECRET ?? [],
    verifyTokens: META_VERIFY_TOKEN === undefined ? [] : [META_VERIFY_TOKEN],
  };
}

/** An app without its secrets. */
export interface App {
  app: string;
  /** Two while a rotation waits for `app retire`. */
  secrets: number;
  /** When the newest secret came. */
  secretAddedAt: string | null;
  verifyTokens: number;
  /** Tenants with a verify token of their own. */
  tenants: string[];
  createdAt: Date;
}

const name = z
  .string('is missing')
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, dashes or underscores');
const ownName = name.refine((value) => value !== DEFAULT_APP, {
  error: 'must be another than "default": that app has its secret in META_APP_SECRET',
});
const secret = z
  .string('is missing')
  .trim()
  .regex(/^[\x21-\x7e]{8,256}$/, 'must be an app secret: 8 to 256 letters, digits and signs without spaces');
const verifyToken = z
  .string('is missing')
  .trim()
  .regex(/^[\x21-\x7e]{8,256}$/, 'must have 8 to 256 letters, digits and signs without spaces');

const newApp = z.strictObject({ name: ownName, secret, verifyToken: verifyToken.optional() });

/** Makes an app. @throws Reject (409) when there is one of this name, (422) for unusable input */
export async function addApp(
  ctx: Context,
  input: { name: string; secret: string; verifyToken?: string | undefined },
): Promise<App> {
  const wanted = checkInput(newApp, input);
  const addedAt = now(ctx);
  const credentials: AppCredentials = {
    secrets: [{ secret: wanted.secret, addedAt }],
    verifyTokens:
      wanted.verifyToken === undefined ? [] : [{ token: wanted.verifyToken, tenantId: null, addedAt }],
  };
  if (!(await insertApp(ctx, wanted.name, credentials))) {
    const detail = 'There is an app of this name: whatsper app rotate gives it another secret.';
    throw new Reject(409, 'app-exists', detail);
  }
  return showApp(ctx, wanted.name);
}

/** Every app but the one of the settings, by name; that one too when tenants have verify tokens for it. */
export async function listApps(ctx: Context): Promise<App[]> {
  return (await readApps(ctx)).map(({ row, credentials }) => view(row, credentials));
}

/**
 * Gives an app a new secret; the old one stays valid until `retireSecret`.
 * @throws Reject (404) for an unknown app, (409) when an older secret is not retired yet, (422) for unusable input
 */
export async function rotateSecret(ctx: Context, input: { name: string; secret: string }): Promise<App> {
  const wanted = checkInput(z.strictObject({ name: ownName, secret }), input);
  return change(ctx, wanted.name, (credentials) => {
    if (credentials.secrets[0]?.secret === wanted.secret) return credentials;
    if (credentials.secrets.length > 1) {
      const detail = `The secret before the last is still valid: first whatsper app retire --name ${wanted.name}`;
      throw new Reject(409, 'not-retired', detail);
    }
    const secrets = [{ secret: wanted.secret, addedAt: now(ctx) }, ...credentials.secrets];
    return { ...credentials, secrets };
  });
}

/** Ends all secrets of an app but the newest; receivers know within 30 s. @throws Reject (404) for an unknown app */
export async function retireSecret(ctx: Context, input: { name: string }): Promise<App> {
  const wanted = checkInput(z.strictObject({ name: ownName }), input);
  return change(ctx, wanted.name, ({ secrets, verifyTokens }) => ({
    secrets: secrets.slice(0, 1),
    verifyTokens,
  }));
}

/**
 * Sets the verify token of an app, or of a tenant at that app; the one it had is no longer valid.
 * @throws Reject (404) for an unknown app or tenant, (422) for unusable input
 */
export async function setVerifyToken(
  ctx: Context,
  input: { name: string; verifyToken: string; tenantId?: string | undefined },
): Promise<App> {
  const schema = z.strictObject({ name, verifyToken, tenantId: z.string().optional() });
  const wanted = checkInput(schema, input);
  const tenantId = wanted.tenantId ?? null;
  if (tenantId === null) {
    if (wanted.name === DEFAULT_APP) {
      const detail =
        'name must be another than "default": that app has its verify token in META_VERIFY_TOKEN; with --tenant it is a tenant\'s own.';
      throw new Reject(422, 'invalid-request', detail);
    }
  } else await findTenant(ctx, tenantId);
  if (wanted.name === DEFAULT_APP) await insertApp(ctx, DEFAULT_APP, { secrets: [], verifyTokens: [] });
  return change(ctx, wanted.name, ({ secrets, verifyTokens }) => ({
    secrets,
    verifyTokens: [
      ...verifyTokens.filter((other) => other.tenantId !== tenantId),
      { token: wanted.verifyToken, tenantId, addedAt: now(ctx) },
    ],
  }));
}

/** Which of the installation's keys seals each app's secrets (`MasterKey.names`). */
export async function keysOfApps(ctx: Context): Promise<(number | undefined)[]> {
  const rows = await asOperator('apps: their keys', () =>
    ctx.store.model(Apps).find().lean<AppRow[]>().exec(),
  );
  return rows.map(({ credentials }) => ctx.master.indexOf('routes', credentials));
}

/** Seals with the installation's newest key the secrets that an older one seals. @returns how many apps */
export async function resealApps(ctx: Context): Promise<number> {
  const rows = await asOperator('apps: rotation', () => ctx.store.model(Apps).find().lean<AppRow[]>().exec());
  const older = rows.filter(({ credentials }) => ctx.master.indexOf('routes', credentials) !== 0);
  for (const { _id } of older) await change(ctx, _id, (credentials) => credentials);
  return older.length;
}

/** @throws Reject (404) when there is no such app */
export async function requireApp(ctx: Context, app: string): Promise<void> {
  if (app === DEFAULT_APP) return;
  const found = await asOperator('app by its name', () => ctx.store.model(Apps).exists({ _id: app }).exec());
  if (!found) throw new Reject(404, 'not-found', `No such app: whatsper app add --name ${app} --secret …`);
}

/** Every app with what it has, as the database says now. */
export async function readApps(ctx: Context): Promise<{ row: AppRow; credentials: AppCredentials }[]> {
  const rows = await asOperator('apps of the installation', () =>
    ctx.store.model(Apps).find().sort({ _id: 1 }).lean<AppRow[]>().exec(),
  );
  return rows.map((row) => ({ row, credentials: opened(ctx, row) }));
}

async function showApp(ctx: Context, app: string): Promise<App> {
  const row = await findApp(ctx, app);
  return view(row, opened(ctx, row));
}

async function findApp(ctx: Context, app: string): Promise<AppRow> {
  const row = await asOperator('app by its name', () =>
    ctx.store.model(Apps).findOne({ _id: app }).lean<AppRow>().exec(),
  );
  if (!row) throw notFound('app');
  return row;
}

/** @returns false when there is one of this name */
async function insertApp(ctx: Context, app: string, credentials: AppCredentials): Promise<boolean> {
  const row: AppRow = {
    _id: app,
    credentials: sealed(ctx, app, credentials),
    revision: 1,
    createdAt: new Date(ctx.clock.now()),
  };
  try {
    await asOperator('app add', () => ctx.store.model(Apps).insertMany([row]));
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
  ctx.log.info({ kind: 'app' }, 'app.added');
  return true;
}

/** Changes what an app has, if nobody else did meanwhile; else once more with what is there then. */
async function change(
  ctx: Context,
  app: string,
  make: (credentials: AppCredentials) => AppCredentials,
): Promise<App> {
  for (;;) {
    const row = await findApp(ctx, app);
    const credentials = make(opened(ctx, row));
    const $set = { credentials: sealed(ctx, app, credentials), revision: row.revision + 1 };
    const { matchedCount } = await asOperator('app change', () =>
      ctx.store.model(Apps).updateOne({ _id: app, revision: row.revision }, { $set }).exec(),
    );
    if (matchedCount === 1) {
      ctx.log.info({ kind: 'app' }, 'app.changed');
      return view(row, credentials);
    }
  }
}

const place = (app: string) => ({ collection: 'apps', id: app, field: 'credentials' });

function sealed(ctx: Context, app: string, credentials: AppCredentials): Buffer {
  return ctx.master.seal('routes', place(app), Buffer.from(JSON.stringify(credentials)));
}

function opened(ctx: Context, row: AppRow): AppCredentials {
  return JSON.parse(
    ctx.master.unseal('routes', place(row._id), row.credentials).toString(),
  ) as AppCredentials;
}

function view(row: AppRow, { secrets, verifyTokens }: AppCredentials): App {
  return {
    app: row._id,
    secrets: secrets.length,
    secretAddedAt: secrets[0]?.addedAt ?? null,
    verifyTokens: verifyTokens.length,
    tenants: verifyTokens.flatMap(({ tenantId }) => tenantId ?? []),
    createdAt: row.createdAt,
  };
}

function now(ctx: Context): string {
  return new Date(ctx.clock.now()).toISOString();
}
