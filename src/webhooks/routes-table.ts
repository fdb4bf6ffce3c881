/**
 * Which tenant owns a number. Routes are re-read after 30 s; while the database is away the last known ones hold
 * without end. Only a successful read may say that a number is unknown.
 */
import type { Context } from '../context.ts';
import { isAway } from '../store/errors.ts';
import { asOperator } from '../store/scope.ts';
import { type RouteRow, Routes } from '../tenants/model.ts';

const FRESH_MS = 30_000;

export class RoutesTable {
  readonly #known = new Map<string, { route: RouteRow; readAt: number }>();

  /** The owner of a number; undefined when nobody's. @throws when the database is away and the number was never read. */
  async ownerOf(ctx: Context, phoneNumberId: string): Promise<RouteRow | undefined> {
    const known = this.#known.get(phoneNumberId);
    const now = ctx.clock.now();
    if (known && now - known.readAt < FRESH_MS) return known.route;
    try {
      const route = await readRoute(ctx, phoneNumberId);
      if (route) this.#known.set(phoneNumberId, { route, readAt: now });
      else this.#known.delete(phoneNumberId);
      return route;
    } catch (error) {
      if (known && isAway(error)) return known.route;
      throw error;
    }
  }
}

/** What the database says now. */
export async function readRoute(ctx: Context, phoneNumberId: string): Promise<RouteRow | undefined> {
  const row = await asOperator('route a number', () =>
    ctx.store.model(Routes).findOne({ _id: phoneNumberId }).lean<RouteRow>().exec(),
  );
  return row ?? undefined;
}
