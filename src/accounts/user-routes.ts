/** REST: the people of a tenant. */
import { z } from 'zod';

import type { Context } from '../context.ts';
import { type ApiRequest, listRoute, type Route, route } from '../http/route.ts';
import { idParams } from '../http/schemas.ts';
import { requirePassword } from '../sign-in/own-factors.ts';
import { passwordField } from '../sign-in/public-routes.ts';
import { type UserRow, Users } from '../tenants/people-model.ts';
import { deleteUser, disableUser, enableUser } from './leaving.ts';
import type { Actor } from './rights.ts';
import { UserSchema, type UserView, userView } from './user-views.ts';
import { changesAddress, changeUser, findUser, inviteAgain, inviteUser } from './users.ts';
import { profileBody } from './words.ts';

const role = z.string('is missing').max(100);
const language = z.enum(['en', 'he']).optional();

export const actorOf = ({
  principal,
  caller: { scopes },
}: Pick<ApiRequest, 'principal' | 'caller'>): Actor => ({
  principal,
  scopes,
});

/** A user by the id in the path, and what is done with them. */
function actOn(
  work: (ctx: Context, actor: Actor, user: UserRow) => Promise<void>,
): (ctx: Context, request: ApiRequest<{ id: string }>) => Promise<UserView> {
  return async (ctx, request) => {
    const actor = actorOf(request);
    await work(ctx, actor, await findUser(ctx, request.params.id));
    return userView(ctx, actor, await findUser(ctx, request.params.id));
  };
}

const RIGHTS = {
  403: '`more-than-you-hold`: nobody gives or changes rights that they do not hold.',
  409: '`last-owner`, `yourself`: an account keeps its owner, and others do it to you.',
};

const act = {
  method: 'post',
  scope: 'users:write',
  forPeople: true,
  params: idParams,
  response: UserSchema,
  problems: RIGHTS,
} as const;

export const userRoutes: Route[] = [
  listRoute({
    path: '/v1/users',
    summary: 'List the people of the account, oldest first',
    scope: 'users:read',
    forPeople: true,
    item: UserSchema,
    async read(ctx, request, { limit, after }) {
      const rows = await ctx.store
        .model(Users)
        .find(after ? { _id: { $gt: after.id } } : {})
        .sort({ _id: 1 })
        .limit(limit + 1)
        .lean<UserRow[]>()
        .exec();
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return {
        items: await Promise.all(shown.map((user) => userView(ctx, actorOf(request), user))),
        next: rows.length > limit && last ? { at: 0, id: last._id } : null,
      };
    },
  }),
  route({
    method: 'get',
    path: '/v1/users/{id}',
    summary: 'One person of the account',
    scope: 'users:read',
    forPeople: true,
    params: idParams,
    response: UserSchema,
    handle: async (ctx, request) => userView(ctx, actorOf(request), await findUser(ctx, request.params.id)),
  }),
  route({
    method: 'post',
    path: '/v1/users',
    summary: 'Invite a person',
    description: 'They get a link by mail that works once, for 7 days, and choose a password by it.',
    scope: 'users:write',
    forPeople: true,
    status: 201,
    body: profileBody.extend({ role, language }),
    response: UserSchema,
    problems: {
      403: '`more-than-you-hold`: a role with rights that you do not hold.',
      409: '`owner-not-complete`: the owner completes the account first.',
      422: '`name-not-available`: choose another user name or address.',
      503: '`mail-not-set-up`: the installation can’t send mail.',
    },
    async handle(ctx, request) {
      const { tenantId, body } = request;
      const actor = actorOf(request);
      return userView(ctx, actor, await inviteUser(ctx, { tenantId, actor, invited: body }));
    },
  }),
  route({
    method: 'patch',
    path: '/v1/users/{id}',
    summary: 'Change a person’s data or role',
    description:
      'What is not named stays as it is. A new address has to be proven again; once the person has joined it needs the password of whoever changes it, as mails of forgotten passwords go there.',
    scope: 'users:write',
    forPeople: true,
    params: idParams,
    body: profileBody.partial().extend({
      role: role.optional(),
      language,
      ownPassword: passwordField.optional().meta({ description: 'Yours; needed for a new address.' }),
    }),
    response: UserSchema,
    problems: {
      ...RIGHTS,
      403: '`more-than-you-hold`; `wrong-password`: a new address without your own password.',
      429: '`wait`: too many failed tries.',
    },
    async handle(ctx, request) {
      const actor = actorOf(request);
      const user = await findUser(ctx, request.params.id);
      const { ownPassword = '', ...change } = request.body;
      if (await changesAddress(ctx, user, change)) {
        await requirePassword(ctx, request.caller, ownPassword, 'ownPassword');
      }
      return userView(ctx, actor, await changeUser(ctx, { actor, user, change }));
    },
  }),
  route({
    ...act,
    path: '/v1/users/{id}/invite',
    summary: 'Send a new invitation, or ask again whether the address is theirs; earlier links end',
    handle: actOn(inviteAgain),
  }),
  route({
    ...act,
    path: '/v1/users/{id}/disable',
    summary: 'Shut a person out',
    description:
      'Sessions, live feeds and keys that they made end within 5 s; their conversations wait again.',
    handle: actOn(disableUser),
  }),
  route({
    ...act,
    path: '/v1/users/{id}/enable',
    summary: 'Let a person in again',
    handle: actOn(enableUser),
  }),
  route({
    method: 'delete',
    path: '/v1/users/{id}',
    summary: 'Delete a person',
    description: 'What is kept of them can’t be read any more; their messages keep `user:<id>` as author.',
    scope: 'users:write',
    forPeople: true,
    params: idParams,
    response: z.object({ deleted: z.literal(true) }),
    problems: RIGHTS,
    async handle(ctx, request) {
      await deleteUser(ctx, actorOf(request), await findUser(ctx, request.params.id));
      return { deleted: true as const };
    },
  }),
];
