/** People who are disabled or deleted: what they could reach ends at once. Everything here runs in the tenant's scope. */
import { publish } from '../agents/feed.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { type ConversationRow, Conversations } from '../conversations/model.ts';
import { voidLinks } from '../sign-in/links.ts';
import { revokeKeysMadeBy } from '../tenants/key-changes.ts';
import { OneTimeLinks, Sessions, type UserRow, Users } from '../tenants/people-model.ts';
import { endSessions } from '../tenants/sessions.ts';
import { releaseNames } from './names.ts';
import { type Actor, requireAbove, requireNotOneself, requireNotOwner } from './rights.ts';

/** @throws Reject (403), (409) `last-owner`, `yourself` */
export async function disableUser(ctx: Context, actor: Actor, user: UserRow): Promise<void> {
  await requireMayLeave(ctx, actor, user);
  await told(ctx, actor, user, 'user.disabled');
  await shutOut(ctx, actor, user);
}

/** @throws Reject (403) */
export async function enableUser(ctx: Context, actor: Actor, user: UserRow): Promise<void> {
  await requireAbove(ctx, actor, user);
  await told(ctx, actor, user, 'user.enabled');
  const status = user.credentials === undefined ? 'invited' : 'active';
  await ctx.store
    .model(Users)
    .updateOne({ _id: user._id, status: 'disabled' }, { $set: { status }, $unset: { disabledAt: 1 } })
    .exec();
}

/** Nothing of the person can be read afterwards; what they wrote keeps `user:<id>` as its author. @throws as `disableUser` */
export async function deleteUser(ctx: Context, actor: Actor, user: UserRow): Promise<void> {
  await requireMayLeave(ctx, actor, user);
  await told(ctx, actor, user, 'user.deleted');
  await shutOut(ctx, actor, user);
  await erase(ctx, user);
}

/** What is kept of a person goes: key first, so that a crash leaves nothing that can be read. */
export async function erase(ctx: Context, { _id: userId, tenantId }: UserRow): Promise<void> {
  await ctx.store.keyring.destroy(tenantId, { kind: 'user', id: userId });
  await releaseNames(ctx, { tenantId, userId });
  await ctx.store.model(OneTimeLinks).deleteMany({ userId }).exec();
  await ctx.store.model(Sessions).deleteMany({ userId }).exec();
  await ctx.store.model(Users).deleteOne({ _id: userId }).exec();
}

async function requireMayLeave(ctx: Context, actor: Actor, user: UserRow): Promise<void> {
  await requireAbove(ctx, actor, user);
  requireNotOwner(user);
  requireNotOneself(actor, user);
}

async function told(ctx: Context, actor: Actor, { _id, tenantId }: UserRow, action: string): Promise<void> {
  await audit(ctx, { tenantId, actor: actor.principal, action, objects: [_id], outcome: 'allowed' });
}

/** Sessions, keys, links, and with the session the live feed, which asks again each 2.5 s. */
async function shutOut(ctx: Context, actor: Actor, { _id: userId, tenantId }: UserRow): Promise<void> {
  const disabledAt = new Date(ctx.clock.now());
  await ctx.store
    .model(Users)
    .updateOne({ _id: userId, role: { $ne: 'owner' } }, { $set: { status: 'disabled', disabledAt } })
    .exec();
  await endSessions(ctx, { userId, by: 'disabled' });
  await voidLinks(ctx, { userId });
  await revokeKeysMadeBy(ctx, { tenantId, principal: `user:${userId}` }, actor.principal);
  await returnToQueue(ctx, tenantId, userId);
}

/** Open conversations that the person held wait for somebody else. @returns how many */
async function returnToQueue(ctx: Context, tenantId: string, assigneeId: string): Promise<number> {
  const conversations = ctx.store.model(Conversations);
  const held = await conversations
    .find({ state: 'ASSIGNED', assigneeId }, { _id: 1 })
    .lean<Pick<ConversationRow, '_id'>[]>()
    .exec();
  for (const { _id: conversationId } of held) {
    await conversations
      .updateOne(
        { _id: conversationId, state: 'ASSIGNED', assigneeId },
        { $set: { state: 'PENDING' }, $unset: { assigneeId: 1 } },
      )
      .exec();
    await publish(ctx, tenantId, { type: 'conversation.updated', conversationId });
  }
  return held.length;
}
