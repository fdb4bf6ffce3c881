/**
 * Items of other fields than `messages`: to whom they belong. One that names a number is its owner's; one about an
 * account goes to each tenant that has a number on it whose app signed the notification, and each gets only what is
 * its own. What nobody can read, or is nobody's, is kept for a person.
 */
import type { Context } from '../context.ts';
import type { LaneItem } from '../lanes/item.ts';
import { Park } from '../ops/errors.ts';
import { asOperator, withTenant } from '../store/scope.ts';
import { type RouteRow, Routes } from '../tenants/model.ts';
import { entryOf, isJson, type Json, timeOf } from '../whatsapp/payload/json.ts';
import type { AccountUpdate, FieldUpdate, Handler, NumberUpdate } from './fields/field.ts';
import { FIELDS } from './fields/fields.ts';
import { tellErrors } from './fields/numbers.ts';

type Common = Omit<FieldUpdate, 'tenantId'>;

interface Read {
  handler: Handler;
  update: Common;
}

/** What is to be done with an item; undefined when nobody knows. */
export function readField(item: LaneItem): Read | undefined {
  if (item.kind === 'errors') return read(item, { of: 'number', handle: tellErrors }, item.body);
  const change = item.body.value;
  const handler = entryOf(FIELDS, item.field ?? '');
  return handler && isJson(change) && isJson(change.value) ? read(item, handler, change.value) : undefined;
}

function read({ field, wabaId, body, position }: LaneItem, handler: Handler, value: Json): Read {
  const at = timeOf(body.time) ?? new Date(Math.floor(position / 1000));
  const unique = JSON.stringify([wabaId, field, value, body.time ?? null]);
  return { handler, update: { field: field ?? '', wabaId: wabaId ?? '', value, at, position, unique } };
}

/** Handles an item of the number that the route owns, in its tenant's scope. @throws Park */
export async function handleOfNumber(
  ctx: Context,
  { tenantId, channelId, _id: phoneNumberId }: RouteRow,
  { handler, update }: Read,
): Promise<void> {
  if (handler.of !== 'number') return;
  const given: NumberUpdate = { ...update, tenantId, channelId, phoneNumberId };
  await withTenant(tenantId, () => handler.handle(ctx, given));
}

/** Handles an item of an account for each tenant that has a part in it. @returns how many had. @throws Park */
export async function handleOfAccount(
  ctx: Context,
  routes: RouteRow[],
  { handler, update }: Read,
): Promise<number> {
  if (handler.of !== 'account') return 0;
  const tenants = new Set(routes.map(({ tenantId }) => tenantId));
  let parts = 0;
  let problem: unknown;
  for (const tenantId of tenants) {
    const own = routes.filter((route) => route.tenantId === tenantId);
    const given: AccountUpdate = { ...update, tenantId, routes: own };
    try {
      // One whose part can't be handled must not keep the others from theirs.
      if (await withTenant(tenantId, () => handler.handle(ctx, given))) parts += 1;
    } catch (error) {
      problem ??= error;
    }
  }
  if (problem !== undefined) throw problem as Error;
  return parts;
}

/** The numbers of an account whose app signed. */
export async function routesOfAccount(ctx: Context, { wabaId, app }: LaneItem): Promise<RouteRow[]> {
  if (wabaId === null) return [];
  return asOperator('numbers of an account', () =>
    ctx.store.model(Routes).find({ wabaId, app }).lean<RouteRow[]>().exec(),
  );
}

/** The words of a Park that says that nobody can read the item. */
export function unreadableDetail(error: unknown): string | undefined {
  return error instanceof Park && error.reason === 'unknown-field' ? error.message : undefined;
}
