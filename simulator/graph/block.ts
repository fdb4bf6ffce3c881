/** Blocked people and the business's username (Cloud API: block users, business usernames). */
import type { Request } from 'express';
import { Router } from 'express';
import { z } from 'zod';

import { windowIsOpen } from '../people/threads.ts';
import { BSUID, type BusinessNumber } from '../settings.ts';
import type { Simulation } from '../simulation.ts';
import { authorizeNumber } from './authorize.ts';
import { GraphError } from './errors.ts';
import { stateOf } from './number-state.ts';

const MOST_BLOCKED = 64_000;

const blocking = z.object({
  messaging_product: z.literal('whatsapp'),
  block_users: z
    .array(z.object({ user: z.string().optional(), user_id: z.string().optional() }))
    .min(1)
    .max(1_000),
});

const USERNAME = /^(?=.*[a-z])[a-z0-9._]{3,35}$/;

type OfNumber = Request<{ id: string }>;

export function blockRoutes(simulation: Simulation): Router {
  const { numbers } = simulation;
  const router = Router();
  const numberOf = (request: OfNumber) => authorizeNumber(request, numbers, request.params.id);

  router.get('/:id/block_users', (request: OfNumber, response) => {
    const { blocked } = stateOf(numberOf(request));
    const data = [...blocked].map((input) => (BSUID.test(input) ? { user_id: input } : { wa_id: input }));
    response.json({ data, paging: { cursors: { before: '', after: '' } } });
  });

  router.post('/:id/block_users', (request: OfNumber, response) => {
    const number = numberOf(request);
    const { blocked } = stateOf(number);
    const failed: object[] = [];
    const added: object[] = [];
    for (const input of peopleIn(request.body)) {
      const code = whyNot(simulation, number, input, blocked.size);
      if (code === null) {
        blocked.add(input);
        added.push({ input, ...(BSUID.test(input) ? { user_id: input } : { wa_id: input }) });
      } else {
        failed.push({ input, errors: [{ code, message: new GraphError(code).message }] });
      }
    }
    const shown = { added_users: added, ...(failed.length === 0 ? {} : { failed_users: failed }) };
    response.json({ messaging_product: 'whatsapp', block_users: shown });
  });

  router.delete('/:id/block_users', (request: OfNumber, response) => {
    const { blocked } = stateOf(numberOf(request));
    const removed = peopleIn(request.body).filter((input) => blocked.delete(input));
    const shown = { removed_users: removed.map((input) => ({ input })) };
    response.json({ messaging_product: 'whatsapp', block_users: shown });
  });

  router.get('/:id/username', (request: OfNumber, response) => {
    const { username } = stateOf(numberOf(request));
    response.json(username === null ? {} : { username, status: 'approved' });
  });

  router.get('/:id/username_suggestions', (request: OfNumber, response) => {
    const { phoneNumberId } = numberOf(request);
    response.json({ data: [{ username_suggestions: [`business.${phoneNumberId.slice(-4)}`] }] });
  });

  router.post('/:id/username', (request: OfNumber, response) => {
    const number = numberOf(request);
    const { username } = (request.body ?? {}) as { username?: unknown };
    if (typeof username !== 'string' || !USERNAME.test(username)) throw new GraphError(147002);
    const others = [...numbers.values()].filter((one) => one !== number);
    if (others.some((one) => stateOf(one).username === username)) throw new GraphError(147001);
    stateOf(number).username = username;
    response.json({ status: 'approved' });
  });

  router.delete('/:id/username', (request: OfNumber, response) => {
    stateOf(numberOf(request)).username = null;
    response.json({ success: true });
  });
  return router;
}

/** @throws GraphError 100 */
function peopleIn(body: unknown): string[] {
  const parsed = blocking.safeParse(body);
  if (!parsed.success) throw new GraphError(100, { details: 'block_users names no people.' });
  return parsed.data.block_users.map(
    ({ user, user_id: userId }) => userId ?? (user ?? '').replace(/\D/g, ''),
  );
}

/** Only who wrote in the last 24 hours can be blocked, by the phone or the BSUID, not by the parent BSUID. */
function whyNot(
  { people, threads, clock }: Simulation,
  number: BusinessNumber,
  input: string,
  count: number,
): number | null {
  if (count >= MOST_BLOCKED || /^[A-Z]{2}\.ENT\./.test(input)) return 131009;
  const person = BSUID.test(input) ? people.byUserId(input, number) : people.byPhone(input);
  if (!person) return 131026;
  return windowIsOpen(threads.get(person, number.phoneNumberId), clock()) ? null : 131047;
}
