/** What a gateway asks before and beside sending: tokens, registration, an account's numbers, blocked people, usernames. */
import type { Request } from 'express';
import { Router } from 'express';
import { z } from 'zod';

import type { BusinessNumber } from '../settings.ts';
import type { Simulation } from '../simulation.ts';
import { authorizeAccount, authorizeNumber, tokenOf } from './authorize.ts';
import { blockRoutes } from './block.ts';
import { GraphError } from './errors.ts';
import { findToken, hasToken, isUsable, newToken, stateOf } from './number-state.ts';
import { describeNumber } from './numbers.ts';

/** Of the one app that lives here. */
export const APP_ID = '1234567890123456';

const HOURS_72_MS = 72 * 3_600_000;
const REGISTRATIONS_AT_MOST = 10;
const GUESSES = 5;

type OfNumber = Request<{ id: string }>;

const registration = z.object({
  messaging_product: z.literal('whatsapp'),
  pin: z.string().regex(/^\d{6}$/),
});

/** @throws GraphError 133010 from a number that is not registered, 130403 to whom the business blocked */
export function checkMaySend(number: BusinessNumber, body: unknown): void {
  const state = stateOf(number);
  if (!state.registered) throw new GraphError(133010);
  const { to, recipient } = (body ?? {}) as { to?: unknown; recipient?: unknown };
  const names = [typeof to === 'string' ? to.replace(/^\+/, '') : undefined, recipient];
  if (names.some((name) => typeof name === 'string' && state.blocked.has(name))) throw new GraphError(130403);
}

/** Codes of Embedded Signup by number, each for one exchange. */
const codes = new WeakMap<BusinessNumber, Set<string>>();

/** A code as the dialog of Embedded Signup gives it. */
export function makeCode(simulation: Simulation, number: BusinessNumber): string {
  const code = `code-${simulation.ids.hex(16)}`;
  codes.set(number, (codes.get(number) ?? new Set()).add(code));
  return code;
}

export function onboardingRoutes(simulation: Simulation): Router {
  const { numbers } = simulation;
  const router = Router();
  router.use(tokenRoutes(simulation));
  router.use(blockRoutes(simulation));

  router.post('/:id/register', (request: OfNumber, response) => {
    register(
      authorizeNumber(request, numbers, request.params.id),
      request.body,
      simulation.clock().getTime(),
    );
    response.json({ success: true });
  });

  router.post('/:id/deregister', (request: OfNumber, response) => {
    const number = authorizeNumber(request, numbers, request.params.id);
    countRegistration(number, simulation.clock().getTime());
    stateOf(number).registered = false;
    response.json({ success: true });
  });

  router.get('/:id/phone_numbers', (request: OfNumber, response) => {
    const { id } = request.params;
    authorizeAccount(request, numbers, id);
    const token = tokenOf(request, numbers);
    const own = [...numbers.values()].filter((one) => one.wabaId === id && hasToken(one, token));
    response.json({
      data: own.map((number) => describeNumber(number, undefined, simulation.subscriptions)),
      paging: { cursors: { before: 'MAZDZD', after: 'MjQZD' } },
    });
  });

  router.get('/:id', (request: OfNumber, response, next) => {
    const { id } = request.params;
    const number = [...numbers.values()].find(({ wabaId }) => wabaId === id);
    if (!number) return next();
    authorizeAccount(request, numbers, id);
    response.json(describeAccount(number));
  });
  return router;
}

/** @throws GraphError 100, 133005, 133006, 133008 or 133016 */
function register(number: BusinessNumber, body: unknown, now: number): void {
  const parsed = registration.safeParse(body);
  if (!parsed.success) throw new GraphError(100, { details: 'pin must have six digits.' });
  const state = stateOf(number);
  if (!state.verified) throw new GraphError(133006);
  countRegistration(number, now);
  if (state.wrongPins >= GUESSES) throw new GraphError(133008);
  if (state.pin !== null && state.pin !== parsed.data.pin) {
    state.wrongPins += 1;
    throw new GraphError(133005);
  }
  state.wrongPins = 0;
  state.pin = parsed.data.pin;
  state.registered = true;
}

/** Ten in 72 hours, whatever comes of them. */
function countRegistration(number: BusinessNumber, now: number): void {
  const state = stateOf(number);
  state.registrations = state.registrations.filter((at) => at > now - HOURS_72_MS);
  if (state.registrations.length >= REGISTRATIONS_AT_MOST) throw new GraphError(133016);
  state.registrations.push(now);
}

function describeAccount(number: BusinessNumber): Record<string, unknown> {
  const { appLive, accountReview } = stateOf(number);
  const error = {
    error_code: 141000,
    error_description: 'The app is in development mode.',
    possible_solution: 'Switch the app to live.',
  };
  const app = { entity_type: 'APP', id: APP_ID, can_send_message: appLive ? 'AVAILABLE' : 'BLOCKED' };
  return {
    id: number.wabaId,
    name: number.name,
    account_review_status: accountReview,
    health_status: {
      can_send_message: appLive ? 'AVAILABLE' : 'BLOCKED',
      entities: [
        { entity_type: 'WABA', id: number.wabaId, can_send_message: 'AVAILABLE' },
        { ...app, ...(appLive ? {} : { errors: [error] }) },
      ],
    },
  };
}

/** `/debug_token` and `/oauth/access_token`. */
function tokenRoutes({ numbers, settings, ids }: Simulation): Router {
  const router = Router();

  router.get('/debug_token', (request, response) => {
    const asApp = request.get('authorization') === `Bearer ${APP_ID}|${settings.appSecret}`;
    if (!asApp) tokenOf(request, numbers);
    const { input_token: given } = request.query;
    const token = typeof given === 'string' ? given : '';
    const found = findToken(numbers.values(), token);
    if (!found) {
      const error = { code: 190, message: 'Malformed access token' };
      response.json({ data: { is_valid: false, scopes: [], error } });
      return;
    }
    const wabas = [...numbers.values()].filter((one) => hasToken(one, token)).map(({ wabaId }) => wabaId);
    const { scopes, kind, expiresAt } = found;
    response.json({
      data: {
        app_id: APP_ID,
        type: kind,
        application: 'WHATSPER',
        expires_at: Math.floor(expiresAt / 1000),
        data_access_expires_at: 0,
        is_valid: isUsable(found, Date.now()),
        scopes,
        granular_scopes: scopes.map((scope) => ({ scope, target_ids: [...new Set(wabas)] })),
      },
    });
  });

  router.get('/oauth/access_token', (request, response) => {
    const { client_id: id, client_secret: secret, code } = request.query;
    if (id !== APP_ID || secret !== settings.appSecret) {
      throw new GraphError(1, { details: 'Error validating client secret.', httpStatus: 400 });
    }
    const number = [...numbers.values()].find(
      (one) => typeof code === 'string' && codes.get(one)?.delete(code) === true,
    );
    if (!number) {
      throw new GraphError(100, {
        subcode: 36_009,
        details: 'This authorization code has been used or has expired.',
      });
    }
    const token = `EAA${ids.hex(24)}`;
    stateOf(number).tokens.set(token, newToken());
    response.json({ access_token: token, token_type: 'bearer' });
  });
  return router;
}
