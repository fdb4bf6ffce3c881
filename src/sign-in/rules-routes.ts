/** REST: what a business asks of its people when they sign in. */
import { z } from 'zod';

import { type Route, route } from '../http/route.ts';
import { changeRules, standingOf } from '../tenants/sign-in-rules.ts';

const rules = z.strictObject({
  secondFactorForAll: z.boolean().meta({
    description:
      'Whoever has no second factor finds `add-second-factor` in `pending` of `GET /v1/me`, and nothing else answers until they added one; nobody can remove their last one.',
  }),
  passwordMonths: z.int().min(0).max(36).meta({
    description: 'People choose a new password after so many months; 0: never, as is advised.',
  }),
});
const RulesSchema = z.object(rules.shape).meta({ id: 'SignInRules' });

export const signInRulesRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/sign-in-rules',
    summary: 'What the business asks of its people when they sign in',
    scope: 'account:read',
    forPeople: true,
    response: RulesSchema,
    handle: async (ctx, { tenantId }) => (await standingOf(ctx, tenantId)).rules,
  }),
  route({
    method: 'put',
    path: '/v1/sign-in-rules',
    summary: 'Ask for a second factor of everybody, or for new passwords now and then',
    description: 'What is not named stays as it is. It holds from each person’s next request on.',
    scope: 'account:write',
    forPeople: true,
    body: rules.partial(),
    response: RulesSchema,
    audits: {
      action: 'sign-in-rules.changed',
      details: ({ secondFactorForAll, passwordMonths }) => ({
        ...(secondFactorForAll === undefined ? {} : { secondFactorForAll }),
        ...(passwordMonths === undefined ? {} : { passwordMonths }),
      }),
    },
    handle: (ctx, { tenantId, body }) => changeRules(ctx, tenantId, body),
  }),
];
