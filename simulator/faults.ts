import { z } from 'zod';

import type { Events } from './events.ts';

const count = z.number().int();

/** What may go wrong with a send. `accepted`: the message goes its way although the answer is lost. */
export const faultSchema = z.discriminatedUnion('kind', [
  /** A Graph error object with this code. */
  z.strictObject({
    kind: z.literal('error'),
    code: count,
    httpStatus: count.min(400).max(599).optional(),
    details: z.string().optional(),
  }),
  /** An answer without a Graph error object, as of a proxy on the way. */
  z.strictObject({
    kind: z.literal('http'),
    status: count.min(300).max(599).default(500),
    accepted: z.boolean().default(false),
  }),
  /** No answer at all. */
  z.strictObject({ kind: z.literal('hang'), accepted: z.boolean().default(false) }),
  /** The connection is cut instead of an answer. */
  z.strictObject({ kind: z.literal('reset'), accepted: z.boolean().default(true) }),
  /** The answer comes so many ms late; statuses do not wait for it. */
  z.strictObject({ kind: z.literal('slow'), milliseconds: count.min(0) }),
  /** read, delivered, sent. */
  z.strictObject({ kind: z.literal('reversedStatuses') }),
  /** Each status is posted so many times. */
  z.strictObject({ kind: z.literal('repeatedStatuses'), times: count.min(2).max(10).default(2) }),
  /** Statuses are posted so many ms later than they happened. */
  z.strictObject({ kind: z.literal('lateStatuses'), milliseconds: count.min(0) }),
  /** These statuses never come. */
  z.strictObject({
    kind: z.literal('missingStatuses'),
    statuses: z.array(z.enum(['sent', 'delivered', 'read'])).min(1),
  }),
  /** A `failed` status with this code, after `sent` or instead of it. */
  z.strictObject({ kind: z.literal('failedStatus'), code: count, afterSent: z.boolean().default(false) }),
]);

/** Which sends the fault meets: all, those of a number, those to an address; the next one or so many. */
export const matchSchema = z.strictObject({
  phoneNumberId: z.string().optional(),
  /** Digits of a phone, or a BSUID. */
  address: z.string().optional(),
  times: count.min(1).default(1),
});

export type Fault = z.output<typeof faultSchema>;
export type FaultInput = z.input<typeof faultSchema>;
export type FaultMatch = z.input<typeof matchSchema>;

interface OrderedFault {
  fault: Fault;
  match: z.output<typeof matchSchema>;
  left: number;
}

/** Faults that were ordered and not met yet. */
export class Faults {
  #ordered: OrderedFault[] = [];

  constructor(private readonly events: Events) {}

  /**
   * Orders a fault for the next send that matches; several are met in the order given.
   * @throws ZodError for an unknown fault
   */
  nextSend(fault: FaultInput, match: FaultMatch = {}): void {
    const parsed = matchSchema.parse(match);
    this.#ordered.push({ fault: faultSchema.parse(fault), match: parsed, left: parsed.times });
    this.events.emit({ type: 'faults' });
  }

  /** Takes the fault that meets this send, if any. */
  take(phoneNumberId: string, address: string): Fault | undefined {
    const found = this.#ordered.find(
      ({ match }) =>
        (match.phoneNumberId === undefined || match.phoneNumberId === phoneNumberId) &&
        (match.address === undefined || match.address === address),
    );
    if (found === undefined) return undefined;
    found.left -= 1;
    this.#ordered = this.#ordered.filter(({ left }) => left > 0);
    this.events.emit({ type: 'faults' });
    return found.fault;
  }

  /** What still waits for a send. */
  pending(): { fault: Fault; match: FaultMatch; left: number }[] {
    return this.#ordered.map(({ fault, match, left }) => ({ fault, match, left }));
  }

  clear(): void {
    this.#ordered = [];
    this.events.emit({ type: 'faults' });
  }
}
