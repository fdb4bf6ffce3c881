/**
 * Rows as this process wrote or read them a moment ago, for who comes right after with the same question: what a
 * worker has just stored, its event to the tenant's endpoint shows. Rows stay sealed, and are kept for five seconds:
 * under all the load that a machine bears, a message takes about two from its row to its event.
 */
import type { Clock } from '../ops/clock.ts';

const KEPT_MS = 5_000;
/** Beyond that the oldest are forgotten: some MB. */
const MOST_ROWS = 4_000;

interface Owned {
  _id: string;
  tenantId: string;
}

export class RecentRows {
  readonly #clock: Clock;
  readonly #rows = new Map<string, { row: Owned; until: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  keep(collection: string, row: Owned): void {
    const name = nameOf(collection, row.tenantId, row._id);
    this.#rows.delete(name); // so that it goes to the end
    this.#rows.set(name, { row, until: this.#clock.now() + KEPT_MS });
    if (this.#rows.size <= MOST_ROWS) return;
    for (const oldest of this.#rows.keys()) {
      this.#rows.delete(oldest);
      break;
    }
  }

  forget(collection: string, tenantId: string, _id: string): void {
    this.#rows.delete(nameOf(collection, tenantId, _id));
  }

  get(collection: string, tenantId: string, _id: string): Owned | undefined {
    const kept = this.#rows.get(nameOf(collection, tenantId, _id));
    return kept && kept.until > this.#clock.now() ? kept.row : undefined;
  }
}

function nameOf(collection: string, tenantId: string, _id: string): string {
  return `${tenantId}/${collection}/${_id}`;
}
