/**
 * The verifier: goes through a chain in order and says what is wrong with it. Pure: it is given the rows, and what the
 * checkpoints say.
 *
 *   altered                     an entry is not what was written (edited, moved, doubled, another chain's)
 *   missing-in-the-middle       numbers are missing before others
 *   rewritten                   the chain fits itself, and a checkpoint says otherwise
 *   tail-missing                a checkpoint knows of entries that are not there
 *   log-longer-than-checkpoints entries came after the last checkpoint, or a crash kept one from being made: no fault
 *   intact                      all of it is as the checkpoints say
 */
import { hashOf, ZERO_HASH } from './chain.ts';
import type { AuditRow } from './model.ts';

export const FAULTS = ['altered', 'missing-in-the-middle', 'rewritten', 'tail-missing'] as const;
type FaultKind = (typeof FAULTS)[number];
export const VERDICTS = [...FAULTS, 'log-longer-than-checkpoints', 'intact'] as const;
type VerdictName = (typeof VERDICTS)[number];

export interface Fault {
  verdict: FaultKind;
  /** Number of the first entry that is concerned. */
  seq: number;
}

export interface Verdict {
  verdict: VerdictName;
  /** The first of each kind. */
  faults: Fault[];
  entries: number;
  lastSeq: number;
  /** Number that the newest checkpoint covers; 0 without one. */
  checkpointSeq: number;
}

/** What is known of a chain from elsewhere: entry `seq` had the hash `head`. */
export interface Known {
  seq: number;
  head: string;
}

export class Verifier {
  readonly #tenantId: string;
  readonly #known = new Map<number, Set<string>>();
  readonly #checkpointSeq: number;
  readonly #faults = new Map<FaultKind, Fault>();
  #last = { seq: 0, hash: ZERO_HASH };
  #entries = 0;

  /** `checkpoints` are proven ones; `note` is the appender's own, unsigned and newer. */
  constructor(tenantId: string, checkpoints: Known[], note?: Known) {
    this.#tenantId = tenantId;
    for (const { seq, head } of note ? [...checkpoints, note] : checkpoints) {
      this.#known.set(seq, (this.#known.get(seq) ?? new Set()).add(head));
    }
    this.#checkpointSeq = checkpoints.reduce((newest, { seq }) => Math.max(newest, seq), 0);
  }

  /** The next entry by its number. */
  add(row: AuditRow): void {
    const { seq, hash, previous } = row;
    const expected = this.#last.seq + 1;
    this.#entries += 1;
    const isOwn = row.tenantId === this.#tenantId;
    const isAsWritten = isOwn && seq >= expected && hashOf(row) === hash;
    if (!isAsWritten) this.#fault('altered', seq);
    if (seq > expected) this.#fault('missing-in-the-middle', expected);
    else if (previous !== this.#last.hash) this.#fault('altered', Math.max(1, seq - 1));
    const heads = this.#known.get(seq);
    if (heads && (heads.size > 1 || !heads.has(hash))) this.#fault('rewritten', seq);
    this.#last = { seq, hash };
  }

  /** A checkpoint whose signature does not fit, or that speaks of another chain. */
  addBadCheckpoint(seq: number): void {
    this.#fault('altered', seq);
  }

  end(): Verdict {
    const furthest = Math.max(0, ...this.#known.keys());
    if (furthest > this.#last.seq) this.#fault('tail-missing', this.#last.seq + 1);
    const faults = FAULTS.flatMap((kind) => this.#faults.get(kind) ?? []);
    const isCovered = this.#checkpointSeq >= this.#last.seq;
    return {
      verdict: faults[0]?.verdict ?? (isCovered ? 'intact' : 'log-longer-than-checkpoints'),
      faults,
      entries: this.#entries,
      lastSeq: this.#last.seq,
      checkpointSeq: this.#checkpointSeq,
    };
  }

  #fault(verdict: FaultKind, seq: number): void {
    if (!this.#faults.has(verdict)) this.#faults.set(verdict, { verdict, seq });
  }
}

export function isFault({ verdict }: Pick<Verdict, 'verdict'>): boolean {
  return (FAULTS as readonly string[]).includes(verdict);
}
