/** A group as its tenant sees it. */
import type { Context } from '../context.ts';
import type { GroupView } from '../http/schemas.ts';
import { notFound } from '../ops/errors.ts';
import { findContact } from './contacts.ts';
import { wordsOf } from './groups.ts';
import { Groups } from './groups-model.ts';
import type { ConversationRow } from './model.ts';
import { contactViews } from './views.ts';

/** Runs in the tenant's scope. @throws Reject (404) for a conversation that is no group's */
export async function groupView(ctx: Context, conversation: ConversationRow): Promise<GroupView> {
  const { _id, tenantId, groupId, groupBlocked } = conversation;
  if (groupId === undefined) throw notFound('group');
  const row = await ctx.store.batches.find(Groups, tenantId, _id);
  const words = row ? await wordsOf(ctx, row) : {};
  const ids = Object.entries(row?.members ?? {}).flatMap(([contactId, one]) => (one.in ? [contactId] : []));
  const contacts = await Promise.all(ids.map((id) => findContact(ctx, tenantId, id)));
  const members = await contactViews(
    ctx,
    contacts.filter((contact) => contact !== null),
  );
  return {
    subject: words.subject ?? null,
    description: words.description ?? null,
    inviteLink: words.inviteLink ?? null,
    members,
    joinRequests: Object.values(row?.requests ?? {}).filter(({ open }) => open).length,
    blocked: groupBlocked ?? null,
  };
}
