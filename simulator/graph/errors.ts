import { KNOWN } from './error-table.ts';

/** Title and details by which Meta names a code, in errors and in `failed` statuses. */
export function graphErrorTitle(code: number): { title: string; details: string } {
  return (
    KNOWN[code] ?? {
      title: 'Something went wrong',
      details: 'An error that this simulator has no words for.',
    }
  );
}

/** Every code that has words here, in their order. */
export const errorCodes: { code: number; title: string }[] = Object.entries(KNOWN).map(
  ([code, { title }]) => ({
    code: Number(code),
    title,
  }),
);

/** A call that is answered with a Graph error object. */
export class GraphError extends Error {
  readonly httpStatus: number;
  readonly details: string;

  constructor(
    readonly code: number,
    options: { details?: string | undefined; httpStatus?: number | undefined; subcode?: number } = {},
  ) {
    const { title, details } = graphErrorTitle(code);
    super(`(#${code}) ${title}`);
    this.httpStatus = options.httpStatus ?? KNOWN[code]?.http ?? 400;
    this.details = options.details ?? details;
    this.subcode = options.subcode;
  }

  readonly subcode: number | undefined;

  /** The body of the answer (Cloud API: error codes, response). */
  toBody(trace: string): Record<string, unknown> {
    const whatsapp = this.code >= 100_000;
    return {
      error: {
        message: whatsapp || this.subcode === undefined ? this.message : this.details,
        type: this.subcode === undefined ? 'OAuthException' : 'GraphMethodException',
        code: this.code,
        ...(this.subcode === undefined ? {} : { error_subcode: this.subcode }),
        error_data: { messaging_product: 'whatsapp', details: this.details },
        fbtrace_id: trace,
      },
    };
  }
}
