import express, { Router } from 'express';
import { z } from 'zod';

import { stateOf } from '../graph/number-state.ts';
import { makeCode } from '../graph/onboarding.ts';
import type { BusinessNumber } from '../settings.ts';
import type { Simulation } from '../simulation.ts';
import { answerControlError, NotFound, parse } from './errors.ts';

const change = z.strictObject({
  registered: z.boolean().optional(),
  verified: z.boolean().optional(),
  pin: z
    .string()
    .regex(/^\d{6}$/)
    .nullable()
    .optional(),
  quality: z.enum(['GREEN', 'YELLOW', 'RED', 'UNKNOWN']).optional(),
  throughput: z.enum(['STANDARD', 'HIGH']).optional(),
  nameStatus: z.string().optional(),
  messagingLimit: z.string().optional(),
  onBusinessApp: z.boolean().optional(),
  accountMode: z.enum(['LIVE', 'SANDBOX']).optional(),
  accountReview: z.enum(['APPROVED', 'PENDING', 'REJECTED']).optional(),
  appLive: z.boolean().optional(),
  /** Of every token of the number. */
  token: z
    .strictObject({
      valid: z.boolean().optional(),
      /** ISO time; null: it does not expire. */
      expiresAt: z.iso.datetime().nullable().optional(),
      scopes: z.array(z.string()).optional(),
    })
    .optional(),
});

/** How Meta sees a number, by hand: `/numbers/:id/state`, and codes of Embedded Signup: `/numbers/:id/codes`. */
export function numberRoutes(simulation: Simulation): Router {
  const router = Router();
  router.use('/numbers', express.json());

  router.get('/numbers/:id/state', (request, response) => {
    response.json(view(numberOf(simulation, request.params.id)));
  });

  router.patch('/numbers/:id/state', (request, response) => {
    const number = numberOf(simulation, request.params.id);
    const { token, ...fields } = parse(change, request.body);
    const state = stateOf(number);
    Object.assign(state, fields);
    for (const known of state.tokens.values()) {
      if (token?.valid !== undefined) known.valid = token.valid;
      if (token?.scopes !== undefined) known.scopes = token.scopes;
      if (token?.expiresAt !== undefined) {
        known.expiresAt = token.expiresAt === null ? 0 : Date.parse(token.expiresAt);
      }
    }
    response.json(view(number));
  });

  router.post('/numbers/:id/codes', (request, response) => {
    response.status(201).json({ code: makeCode(simulation, numberOf(simulation, request.params.id)) });
  });
  router.use(answerControlError);
  return router;
}

function numberOf({ numbers }: Simulation, phoneNumberId: string): BusinessNumber {
  const number = numbers.get(phoneNumberId);
  if (number === undefined) throw new NotFound('The simulator has no number with this phoneNumberId.');
  return number;
}

/** Without its tokens. */
function view(number: BusinessNumber): Record<string, unknown> {
  const { tokens, blocked, registrations, ...state } = stateOf(number);
  return { ...state, tokens: tokens.size, blocked: [...blocked], registrations: registrations.length };
}
