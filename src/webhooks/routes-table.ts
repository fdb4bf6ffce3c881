/**
 * Which tenant owns a number. Routes are re-read after 30 s; while the database is away the last known ones hold
 * without end, also over a restart. Only a successful read may say that a number is unknown.
 */
import type { Context } from '../context.ts';
import { isAway } from '../store/errors.ts';
import { LastKnown } from '../store/last-known.ts';
import { asOperator } from '../store/scope.ts';
import { type RouteRow, Routes } from '../tenants/model.ts';

const FRESH_MS = 30_000;
/** New routes are kept on the disk together, this long after the first of them. */
const KEEP_AFTER_MS = 5_000;

type RoutesFile = Record<string, Omit<RouteRow, 'createdAt'> & { createdAt: string }>;

export class RoutesTable {
  readonly #file: LastKnown<RoutesFile> | undefined;
  readonly #known = new Map<string, { route: RouteRow; readAt: number }>();
  #opened: Promise<void> | undefined;
  #keeping: NodeJS.Timeout | undefined;
  /** Writes of the file go one after the other. */
  #kept: Promise<void> = Promise.resolve();
  #closed = false;

  /** Without a file nothing outlives the process. */
  constructor(file?: LastKnown<RoutesFile>) {
    this.#file = file;
  }

  /** With what this installation's processes knew before, in DATA_DIR. */
  static lasting({ settings, master, log }: Context): RoutesTable {
    return new RoutesTable(new LastKnown({ dataDir: settings.DATA_DIR, name: 'routes', master, log }));
  }

  /** The owner of a number; undefined when nobody's. @throws when the database is away and the number was never read. */
  async ownerOf(ctx: Context, phoneNumberId: string): Promise<RouteRow | undefined> {
    await (this.#opened ??= this.#open());
    const known = this.#known.get(phoneNumberId);
    const now = ctx.clock.now();
    if (known && now - known.readAt < FRESH_MS) return known.route;
    try {
      const route = await readRoute(ctx, phoneNumberId);
      if (route) this.#known.set(phoneNumberId, { route, readAt: now });
      else this.#known.delete(phoneNumberId);
      if (!isSame(route, known?.route)) this.#keepSoon();
      return route;
    } catch (error) {
      if (known && isAway(error)) return known.route;
      throw error;
    }
  }

  /** Keeps on the disk what is known now. */
  keep(): Promise<void> {
    clearTimeout(this.#keeping);
    this.#keeping = undefined;
    this.#kept = this.#kept.then(() => this.#keepNow());
    return this.#kept;
  }

  /** Keeps what was learnt last; after it nothing is written any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await (this.#keeping ? this.keep() : this.#kept);
  }

  async #keepNow(): Promise<void> {
    const routes = [...this.#known].map(([phoneNumberId, { route }]) => [
      phoneNumberId,
      { ...route, createdAt: route.createdAt.toISOString() },
    ]);
    await this.#file?.write(Object.fromEntries(routes) as RoutesFile);
  }

  async #open(): Promise<void> {
    for (const [phoneNumberId, route] of Object.entries((await this.#file?.read()) ?? {})) {
      const createdAt = new Date(route.createdAt);
      this.#known.set(phoneNumberId, { route: { ...route, createdAt }, readAt: -Infinity });
    }
  }

  #keepSoon(): void {
    if (this.#file && !this.#closed) {
      this.#keeping ??= setTimeout(() => void this.keep(), KEEP_AFTER_MS).unref();
    }
  }
}

function isSame(left: RouteRow | undefined, right: RouteRow | undefined): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** What the database says now. */
export async function readRoute(ctx: Context, phoneNumberId: string): Promise<RouteRow | undefined> {
  const row = await asOperator('route a number', () =>
    ctx.store.batches.findOfInstallation(Routes, phoneNumberId),
  );
  return row ?? undefined;
}
