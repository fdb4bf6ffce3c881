/**
 * Channels: the WhatsApp numbers of a tenant. The installation's route from a number to its owner is written first:
 * it decides who holds the number, and a run that died after it is finished by the next one.
 */
import { parsePhoneNumberFromString } from 'libphonenumber-js';
import { z } from 'zod';

import type { Context } from '../context.ts';
import { Reject } from '../ops/errors.ts';
import { wakeChannel } from '../outbox/resume.ts';
import { isDuplicateKey } from '../store/errors.ts';
import { newId } from '../store/ids.ts';
import { asOperator, withTenant } from '../store/scope.ts';
import { replayParked } from '../webhooks/replay.ts';
import { requireApp } from './apps.ts';
import { recordHolder } from './holders.ts';
import { checkInput, metaId, textLine } from './input.ts';
import { type ChannelRow, Channels, type RouteRow, Routes } from './model.ts';
import { findTenant } from './tenants.ts';

export interface Channel {
  channelId: string;
  phoneNumberId: string;
  wabaId: string;
  /** Digits with country code, without `+`. */
  displayNumber: string;
  name: string;
  app: string;
  status: ChannelRow['status'];
  /** As WhatsApp last said. */
  quality: string | null;
  messagingLimit: string | null;
  throughput: string | null;
  createdAt: Date;
}

const newChannel = z.strictObject({
  tenantId: z.string('is missing'),
  phoneNumberId: metaId,
  wabaId: metaId,
  displayNumber: z
    .string('is missing')
    .regex(/^\+?[\d\s().-]+$/, 'must be a phone number')
    .transform((value) => value.replace(/\D/g, ''))
    .refine((digits) => parsePhoneNumberFromString(`+${digits}`)?.isPossible() === true, {
      error: 'must be a whole phone number with its country code, like +972 50 123 4567',
    }),
  token: z
    .string('is missing')
    .trim()
    .regex(/^[\x21-\x7e]{1,4096}$/, 'must be an access token of the Graph API'),
  app: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be the name of the Meta app in its webhook address')
    .default('default'),
  name: textLine(100).optional(),
});

export interface NewChannel {
  tenantId: string;
  phoneNumberId: string;
  wabaId: string;
  displayNumber: string;
  token: string;
  app?: string | undefined;
  name?: string | undefined;
}

/**
 * Gives a number to a tenant, or renews what we know of it: token, display number, name, WABA and app; a paused
 * channel goes on. Then what came for the number before it was known is handled (`replayed`), or waits for the operator
 * (`waiting`) because another tenant once held the number.
 * @throws Reject (404) for an unknown tenant, (409) when another tenant holds the number, (422) for unusable input.
 */
export async function addChannel(
  ctx: Context,
  input: NewChannel,
): Promise<Channel & { created: boolean; replayed: number; waiting: number }> {
  const { tenantId, ...wanted } = checkInput(newChannel, input);
  await findTenant(ctx, tenantId);
  await requireApp(ctx, wanted.app);
  const route = await claimRoute(ctx, tenantId, wanted);
  await recordHolder(ctx, wanted.phoneNumberId, tenantId);
  const { row, created } = await withTenant(tenantId, () => writeChannel(ctx, route, wanted));
  if (route.wabaId !== wanted.wabaId || route.app !== wanted.app) await updateRoute(ctx, route, wanted);
  const { replayed, waiting } = await replayParked(ctx, wanted.phoneNumberId);
  if (!created) await wakeChannel(ctx, tenantId, row._id);
  ctx.log.info(
    { tenantId, channelId: row._id, outcome: created ? 'created' : 'updated', items: replayed },
    'channel.added',
  );
  return { ...view(row, wanted.app), created, replayed, waiting };
}

/** A tenant's channels, oldest first. @throws Reject (404) for an unknown tenant. */
export async function listChannels(ctx: Context, tenantId: string): Promise<Channel[]> {
  await findTenant(ctx, tenantId);
  const rows = await withTenant(tenantId, () =>
    ctx.store.model(Channels).find().sort({ _id: 1 }).lean<ChannelRow[]>().exec(),
  );
  const routes = await asOperator('channel list: apps', () =>
    ctx.store.model(Routes).find({ tenantId }).lean<RouteRow[]>().exec(),
  );
  const apps = new Map(routes.map((route) => [route.channelId, route.app]));
  return rows.map((row) => view(row, apps.get(row._id) ?? 'default'));
}

type Wanted = Omit<z.output<typeof newChannel>, 'tenantId'>;

/** The number's route, made if there is none. Never says who else holds it. */
async function claimRoute(ctx: Context, tenantId: string, wanted: Wanted): Promise<RouteRow> {
  const route: RouteRow = {
    _id: wanted.phoneNumberId,
    tenantId,
    channelId: newId(ctx, 'chn'),
    wabaId: wanted.wabaId,
    app: wanted.app,
    createdAt: new Date(ctx.clock.now()),
  };
  return asOperator('channel add: owner of a number', async () => {
    const routes = ctx.store.model(Routes);
    try {
      await routes.insertMany([route]);
      return route;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      const held = await routes.findOne({ _id: route._id }).lean<RouteRow>().exec();
      if (held?.tenantId === tenantId) return held;
      throw new Reject(409, 'number-taken', 'This phone number id belongs to another tenant.');
    }
  });
}

async function updateRoute(ctx: Context, route: RouteRow, { wabaId, app }: Wanted): Promise<void> {
  const filter = { _id: route._id, tenantId: route.tenantId };
  await asOperator('channel add: new WABA or app of a number', () =>
    ctx.store.model(Routes).updateOne(filter, { $set: { wabaId, app } }).exec(),
  );
}

async function writeChannel(
  ctx: Context,
  { channelId, tenantId }: RouteRow,
  wanted: Wanted,
): Promise<{ row: ChannelRow; created: boolean }> {
  const channels = ctx.store.model(Channels);
  const token = await ctx.store.keyring.seal(
    { kind: 'tenant' },
    { tenantId, collection: 'channels', id: channelId, field: 'token' },
    wanted.token,
  );
  const { phoneNumberId, wabaId, displayNumber } = wanted;
  const known = { wabaId, displayNumber, token, status: 'active' as const };
  const row: ChannelRow = {
    _id: channelId,
    tenantId,
    phoneNumberId,
    ...known,
    name: wanted.name ?? `+${displayNumber}`,
    createdAt: new Date(ctx.clock.now()),
  };
  try {
    await channels.insertMany([row]);
    return { row, created: true };
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
  const $set = { ...known, ...(wanted.name === undefined ? {} : { name: wanted.name }) };
  const updated = await channels
    .findOneAndUpdate(
      { _id: channelId },
      { $set, $unset: { pausedReason: 1 } },
      { returnDocument: 'after', lean: true },
    )
    .exec();
  return { row: updated as ChannelRow, created: false };
}

function view(row: ChannelRow, app: string): Channel {
  return {
    channelId: row._id,
    phoneNumberId: row.phoneNumberId,
    wabaId: row.wabaId,
    displayNumber: row.displayNumber,
    name: row.name,
    app,
    status: row.status,
    quality: row.health?.quality?.value ?? null,
    messagingLimit: row.health?.messagingLimit?.value ?? null,
    throughput: row.health?.throughput?.value ?? null,
    createdAt: row.createdAt,
  };
}
