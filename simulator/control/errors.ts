import type { ErrorRequestHandler, Response } from 'express';
import { z } from 'zod';

/** The path or the body names nothing that exists. */
export class NotFound extends Error {}

/** Checks a body or query. @throws Error with the reasons, answered as 400 */
export function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new Error(z.prettifyError(result.error));
}

function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error);
  return error instanceof Error ? error.message : String(error);
}

/** `{ error: { message } }`: 404 for what does not exist, else 400, for this API is used by hand and by tests. */
export const answerControlError: ErrorRequestHandler = (
  error: unknown,
  _request,
  response: Response,
  next,
) => {
  if (response.headersSent) return next(error);
  response.status(error instanceof NotFound ? 404 : 400).json({ error: { message: reasonOf(error) } });
};
