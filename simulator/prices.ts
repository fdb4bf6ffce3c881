import type { Group } from './people/groups.ts';
import type { Thread } from './people/threads.ts';
import { windowIsOpen } from './people/threads.ts';

/** From then on `regular` also covers what was free in an open window (Cloud API: status webhook, pricing). */
const NEW_PRICES_AT = Date.UTC(2026, 9, 1);
/** Free service messages of a number in a calendar month, since then; reported by providers. */
const FREE_A_MONTH = 1_000;
const HOUR_MS = 3_600_000;
/** An answer within so long after the ad's click makes the next 72 hours free (Cloud API: free entry points). */
const ANSWER_WITHIN_MS = 24 * HOUR_MS;
const FREE_ENTRY_MS = 72 * HOUR_MS;

export interface Price {
  billable: boolean;
  pricing_model: 'PMP';
  category: string;
  type: string;
}

interface Priced {
  phoneNumberId: string;
  /** Of a template; undefined: free-form, a service message. */
  templateCategory: string | undefined;
  /** The chat; null for a group and for who never wrote. */
  thread: Thread | null;
  group: Group | null;
  at: Date;
}

/** What each send costs, by the rule of its day. */
export class Prices {
  readonly #serviceMessages = new Map<string, number>();

  of({ phoneNumberId, templateCategory, thread, group, at }: Priced): Price {
    const category = (templateCategory ?? 'service').toLowerCase();
    const named = group === null ? category : `group_${category}`;
    if (group === null && thread !== null && freeByEntry(thread, at)) {
      return price('referral_conversion', 'free_entry_point');
    }
    const free = group === null ? 'free_customer_service' : 'free_group_customer_service';
    if (category === 'service') {
      const isFree = at.getTime() < NEW_PRICES_AT || this.#count(phoneNumberId, at) <= FREE_A_MONTH;
      return price(named, isFree ? free : 'regular');
    }
    const inWindow = thread !== null && windowIsOpen(thread, at);
    const wasFree = category === 'utility' && inWindow && at.getTime() < NEW_PRICES_AT;
    return price(named, wasFree ? free : 'regular');
  }

  #count(phoneNumberId: string, at: Date): number {
    const month = `${phoneNumberId} ${at.toISOString().slice(0, 7)}`;
    const count = (this.#serviceMessages.get(month) ?? 0) + 1;
    this.#serviceMessages.set(month, count);
    return count;
  }
}

/** The person came by an ad and was answered in time. Notes the first answer. */
function freeByEntry(thread: Thread, at: Date): boolean {
  const { cameByAdAt } = thread;
  if (cameByAdAt === null) return false;
  thread.adAnsweredAt ??= at;
  const answered = thread.adAnsweredAt.getTime();
  return answered - cameByAdAt.getTime() < ANSWER_WITHIN_MS && at.getTime() - answered < FREE_ENTRY_MS;
}

function price(category: string, type: string): Price {
  return { billable: type === 'regular', pricing_model: 'PMP', category, type };
}
