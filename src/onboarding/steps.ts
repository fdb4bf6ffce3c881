/** What is asked for when a number is connected, and what is told of each step. */
import { z } from 'zod';

import { DEFAULT_APP } from '../tenants/apps.ts';
import { metaId, textLine } from '../tenants/input.ts';

export type StepName = 'token' | 'number' | 'channel' | 'register' | 'subscribe' | 'facts';

export interface Step {
  step: StepName;
  outcome: 'done' | 'already' | 'skipped' | 'failed';
  /** What was found or done. */
  text: string;
  /** What to do, after a failure or where something is left to a person. */
  todo: string | null;
}

/** A number that could be meant. */
export interface Choice {
  phoneNumberId: string;
  wabaId: string;
  displayNumber: string;
  name: string | null;
}

export const wanted = z
  .strictObject({
    tenantId: z.string('is missing'),
    token: z
      .string()
      .trim()
      .regex(/^[\x21-\x7e]{1,4096}$/, 'must be an access token of the Graph API')
      .optional(),
    code: z
      .string()
      .trim()
      .regex(/^[\x21-\x7e]{1,4096}$/, 'must be the code that Embedded Signup gave')
      .optional(),
    wabaId: metaId.optional(),
    phoneNumberId: metaId.optional(),
    pin: z
      .string()
      .regex(/^\d{6}$/, 'must have six digits')
      .optional(),
    callbackUrl: z.url({ protocol: /^https?$/, error: 'must be a web address' }).optional(),
    app: z.string().default(DEFAULT_APP),
    name: textLine(100).optional(),
  })
  .refine(({ token, code }) => token === undefined || code === undefined, {
    path: ['code'],
    error: 'must not be given together with a token',
  })
  .refine(({ token, code, phoneNumberId }) => (token ?? code ?? phoneNumberId) !== undefined, {
    path: ['token'],
    error: 'is missing',
  })
  .refine(
    ({ code, wabaId, phoneNumberId }) => code === undefined || (wabaId && phoneNumberId) !== undefined,
    {
      path: ['code'],
      error: 'works once: give wabaId and phoneNumberId, which the dialog gave with it',
    },
  );

export type WantedConnection = z.input<typeof wanted>;
export type Wanted = z.output<typeof wanted>;
