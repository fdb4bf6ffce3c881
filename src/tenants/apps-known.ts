/**
 * The apps as the receiver knows them. They are read from the database every 30 s; while it is away the last known
 * ones hold without end, also over a restart. An app that is not known is looked for at once, but not more often than
 * once a second, whoever asks for whatever.
 */
import type { Settings } from '../../config/settings.ts';
import type { Context } from '../context.ts';
import type { LastKnown } from '../store/last-known.ts';
import { type AppDirectory, DEFAULT_APP, type KnownApp, readApps, settingsApp } from './apps.ts';

const EVERY_MS = 30_000;
const LOOK_AGAIN_MS = 1_000;

/** By name. */
export type KnownAppsFile = Record<string, KnownApp>;

export class KnownApps implements AppDirectory {
  readonly #ctx: Context;
  readonly #file: LastKnown<KnownAppsFile>;
  #apps: Map<string, KnownApp> | undefined;
  #readAt = -Infinity;
  /** The last read succeeded: only then may it be said that there is no such app. */
  #isCurrent = false;
  #reading: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(ctx: Context, file: LastKnown<KnownAppsFile>, known: KnownAppsFile | undefined) {
    this.#ctx = ctx;
    this.#file = file;
    this.#apps = known && new Map(Object.entries(known));
  }

  /** With what was known before this process started. */
  static async open(ctx: Context, file: LastKnown<KnownAppsFile>): Promise<KnownApps> {
    return new KnownApps(ctx, file, await file.read());
  }

  /** Something is known: the file was sealed by this installation's key, or the database was read. */
  get isRead(): boolean {
    return this.#apps !== undefined;
  }

  /** Reads now, and from now on every 30 s. */
  async start(): Promise<void> {
    this.#timer ??= setInterval(() => void this.#read(), EVERY_MS);
    await this.#read();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#reading;
  }

  async find(app: string): Promise<KnownApp | 'unknown' | 'unread'> {
    if (app === DEFAULT_APP) return withSettings(this.#ctx.settings, this.#apps?.get(app));
    const known = this.#apps?.get(app);
    if (known) return known;
    if (this.#ctx.clock.now() - this.#readAt >= LOOK_AGAIN_MS) await this.#read();
    return this.#apps?.get(app) ?? (this.#isCurrent ? 'unknown' : 'unread');
  }

  #read(): Promise<void> {
    this.#reading ??= this.#readNow().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #readNow(): Promise<void> {
    this.#readAt = this.#ctx.clock.now();
    try {
      const rows = await readApps(this.#ctx);
      const apps = rows.map(({ row, credentials }): [string, KnownApp] => [
        row._id,
        {
          secrets: credentials.secrets.map(({ secret }) => secret),
          verifyTokens: credentials.verifyTokens.map(({ token }) => token),
        },
      ]);
      this.#apps = new Map(apps);
      this.#isCurrent = true;
      await this.#file.write(Object.fromEntries(apps));
    } catch (error) {
      this.#isCurrent = false;
      this.#ctx.log.debug({ part: 'apps', err: error }, 'apps.last-known-hold');
    }
  }
}

function withSettings(settings: Settings, own: KnownApp | undefined): KnownApp {
  const { secrets, verifyTokens } = settingsApp(settings);
  return { secrets, verifyTokens: [...verifyTokens, ...(own?.verifyTokens ?? [])] };
}
