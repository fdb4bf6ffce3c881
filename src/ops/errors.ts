/**
 * Errors typed by what happens next. HTTP status and queue behaviour derive from the type in one place each
 * (http/errors.ts, lanes/lane.ts); any other error is ours: 5xx, back off, retry.
 */

/** The caller's fault: answered 4xx as a problem document; never retried. */
export class Reject extends Error {
  readonly status: number;
  /** Last part of the problem's `type` URI; stable, documented in docs/problems.md. */
  readonly problem: string;
  readonly errors: { path: string; message: string }[] | undefined;
  /** When to try again, where that is known: `Retry-After`. */
  readonly afterMs: number | undefined;

  constructor(
    status: number,
    problem: string,
    detail: string,
    extra: { errors?: { path: string; message: string }[]; afterMs?: number } = {},
  ) {
    super(detail);
    this.name = 'Reject';
    this.status = status;
    this.problem = problem;
    this.errors = extra.errors;
    this.afterMs = extra.afterMs;
  }
}

export const notFound = (what: string) => new Reject(404, 'not-found', `No such ${what}.`);

/** A neighbour's fault (database, Graph API, endpoint) or ours: try again, after `afterMs` where known. */
export class Retry extends Error {
  readonly afterMs: number | undefined;

  constructor(message: string, options: { afterMs?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'Retry';
    this.afterMs = options.afterMs;
  }
}

/** Needs a person: the item is kept as a dead letter with its reason and the lane goes on. */
export class Park extends Error {
  constructor(
    readonly reason: string,
    message: string,
  ) {
    super(message);
    this.name = 'Park';
  }
}
