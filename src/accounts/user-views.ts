/** Users as the REST interface shows them. */
import { z } from 'zod';

import type { Context } from '../context.ts';
import { credentialsOf, hasSecondFactor } from '../sign-in/credentials.ts';
import { ErasedError } from '../store/keyring.ts';
import type { UserRow } from '../tenants/people-model.ts';
import { shownProfile } from './profile.ts';
import type { Actor } from './rights.ts';

export const UserSchema = z
  .object({
    id: z.string(),
    firstName: z.string(),
    lastName: z.string(),
    username: z.string().nullable(),
    email: z.string().nullable().meta({ description: 'Null for who may not change users.' }),
    phone: z.string().nullable().meta({ description: 'E.164. Null for who may not change users.' }),
    role: z.string().meta({ description: '`owner`, `admin`, `supervisor`, `agent`, or the id of a role.' }),
    status: z.enum(['invited', 'active', 'disabled']),
    emailProven: z.boolean(),
    secondFactor: z.boolean(),
    origin: z
      .object({ by: z.string(), how: z.enum(['sign-up', 'invitation', 'operator']), at: z.iso.datetime() })
      .meta({ description: 'Where the data about the person came from.' }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'User' });
export type UserView = z.output<typeof UserSchema>;

/** Addresses and numbers are for those who manage users; colleagues see names. */
export async function userView(ctx: Context, { scopes, principal }: Actor, user: UserRow): Promise<UserView> {
  const { _id: id, role, status, origin, emailProvenAt, createdAt } = user;
  const { firstName, lastName, username, email, phone } = await shownProfile(ctx, user);
  const seesAll = scopes.includes('users:write') || principal === `user:${id}`;
  return {
    id,
    firstName,
    lastName,
    username: seesAll ? username : null,
    email: seesAll ? email : null,
    phone: seesAll ? phone : null,
    role,
    status,
    emailProven: emailProvenAt !== undefined,
    secondFactor: await showsSecondFactor(ctx, user),
    origin: { by: origin.by, how: origin.how, at: origin.at.toISOString() },
    createdAt: createdAt.toISOString(),
  };
}

async function showsSecondFactor(ctx: Context, user: UserRow): Promise<boolean> {
  try {
    return hasSecondFactor(await credentialsOf(ctx, user));
  } catch (error) {
    if (error instanceof ErasedError) return false;
    throw error;
  }
}
