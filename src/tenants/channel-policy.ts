/** How a channel sends, as its tenant wants it: what clients are told of reading and typing, in which order they get messages, and how much a day may cost. */
import { z } from 'zod';

import type { Context } from '../context.ts';
import { ChannelSchema, type ChannelView } from '../http/schemas.ts';
import { notFound, Reject } from '../ops/errors.ts';
import { type ChannelRow, Channels } from './model.ts';

export const PolicyBody = z
  .strictObject(
    ChannelSchema.pick({ readReceipts: true, typing: true, waitForDelivered: true, templatesPerDay: true })
      .shape,
  )
  .partial()
  .refine((body) => Object.keys(body).length > 0, {
    error: 'name at least one of readReceipts, typing, waitForDelivered and templatesPerDay',
  });

type Chosen = 'readReceipts' | 'typing' | 'waitForDelivered' | 'templatesPerDay';
export type ChannelPolicy = Pick<ChannelView, Chosen>;

/** The channel's policy; until it is chosen, clients are told nothing, no message waits and templates have no cap. */
export function policyOf({
  readReceipts = 'never',
  typing = 'off',
  waitForDelivered = 0,
  templatesPerDay = 0,
}: Pick<ChannelRow, Chosen>): ChannelPolicy {
  return {
    readReceipts,
    typing,
    waitForDelivered: waitForDelivered === 0 ? 'off' : waitForDelivered,
    templatesPerDay: templatesPerDay === 0 ? 'off' : templatesPerDay,
  };
}

/** Runs in the tenant's scope. @throws Reject 404; 422 for typing shown where nothing may be marked as read */
export async function changePolicy(
  ctx: Context,
  channelId: string,
  change: z.infer<typeof PolicyBody>,
): Promise<ChannelRow> {
  const channels = ctx.store.model(Channels);
  const before = await channels.findOne({ _id: channelId }).lean<ChannelRow>().exec();
  if (!before) throw notFound('channel');
  const { readReceipts, typing, waitForDelivered, templatesPerDay } = {
    ...policyOf(before),
    ...defined(change),
  };
  if (typing === 'on' && readReceipts === 'never') {
    const message = 'can’t be on while readReceipts is never: WhatsApp marks as read whoever is shown typing';
    throw new Reject(422, 'invalid-request', `typing ${message}.`, { errors: [{ path: 'typing', message }] });
  }
  const $set = {
    readReceipts,
    typing,
    waitForDelivered: waitForDelivered === 'off' ? 0 : waitForDelivered,
    templatesPerDay: templatesPerDay === 'off' ? 0 : templatesPerDay,
  };
  const after = await channels
    .findOneAndUpdate({ _id: channelId }, { $set }, { returnDocument: 'after' })
    .lean<ChannelRow>()
    .exec();
  if (!after) throw notFound('channel');
  const field = Object.keys(change).join(' ');
  ctx.log.info({ tenantId: after.tenantId, channelId, field }, 'channel.policy-changed');
  return after;
}

function defined<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: NonNullable<Fields[Name]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]?: NonNullable<Fields[Name]>;
  };
}
