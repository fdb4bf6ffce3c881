import type { Ids } from '../ids.ts';
import type { BusinessNumber } from '../settings.ts';

/** What a sample of a field may refer to. */
export interface FieldFacts {
  ids: Ids;
  number: BusinessNumber;
  /** Seconds since 1970. */
  now: number;
  /** A client: phone and BSUID as this number sees them. */
  client: { name: string; phone?: string; userId?: string };
}

export type FieldSample = (facts: FieldFacts) => Record<string, unknown>;
