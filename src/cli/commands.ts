/** The operator's commands. Each is a function of the context and its options; cli.ts binds them to words. */
import { effectiveSettings } from '../../config/settings.ts';
import type { Context } from '../context.ts';
import { addEndpoint, listEndpoints } from '../endpoints/endpoints.ts';
import {
  type DeadLetterFilter,
  discardDeadLetter,
  listDeadLetters,
  replayDeadLetter,
  replayDeadLetters,
  showDeadLetter,
} from '../lanes/dead-letters.ts';
import { Reject } from '../ops/errors.ts';
import { asOperator } from '../store/scope.ts';
import { addChannel, listChannels, type NewChannel } from '../tenants/channels.ts';
import { createApiKey, listApiKeys, revokeApiKey } from '../tenants/keys.ts';
import type { Scope } from '../tenants/model.ts';
import { createTenant, listTenants } from '../tenants/tenants.ts';
import type { Fields, Output } from './output.ts';

const ONCE = 'It is shown only this once: keep it now.';

export async function tenantCreate(
  ctx: Context,
  output: Output,
  options: { name: string; email: string },
): Promise<void> {
  output.one({ ...(await createTenant(ctx, options)) });
}

export async function tenantList(ctx: Context, output: Output): Promise<void> {
  output.many(fields(await listTenants(ctx)), 'No tenants yet: whatsper tenant create --name … --email …');
}

export async function channelAdd(ctx: Context, output: Output, options: NewChannel): Promise<void> {
  const { replayed, ...channel } = await addChannel(ctx, options);
  output.one(
    { ...channel, replayed },
    replayed > 0 ? `${replayed} items that came before are being handled now.` : undefined,
  );
}

export async function channelList(
  ctx: Context,
  output: Output,
  { tenantId }: { tenantId: string },
): Promise<void> {
  output.many(
    fields(await listChannels(ctx, tenantId)),
    'No channels yet: whatsper channel add --tenant … --phone-number-id …',
  );
}

export async function keyCreate(
  ctx: Context,
  output: Output,
  options: { tenantId: string; scopes: string[]; name?: string },
): Promise<void> {
  const created = await createApiKey(ctx, { ...options, scopes: options.scopes as Scope[] });
  output.one({ ...created }, ONCE);
}

export async function keyList(
  ctx: Context,
  output: Output,
  { tenantId }: { tenantId: string },
): Promise<void> {
  output.many(
    fields(await listApiKeys(ctx, tenantId)),
    'No keys yet: whatsper key create --tenant … --scopes …',
  );
}

export async function keyRevoke(
  ctx: Context,
  output: Output,
  options: { tenantId: string; id: string },
): Promise<void> {
  output.one({ ...(await revokeApiKey(ctx, { tenantId: options.tenantId, keyId: options.id })) });
}

export async function endpointAdd(
  ctx: Context,
  output: Output,
  options: { tenantId: string; url: string },
): Promise<void> {
  output.one({ ...(await addEndpoint(ctx, options)) }, `The secret signs every event. ${ONCE}`);
}

export async function endpointList(
  ctx: Context,
  output: Output,
  { tenantId }: { tenantId: string },
): Promise<void> {
  output.many(
    fields(await listEndpoints(ctx, tenantId)),
    'No endpoints yet: whatsper endpoint add --tenant … --url https://…',
  );
}

export async function deadLettersList(
  ctx: Context,
  output: Output,
  options: DeadLetterFilter & { limit: number },
): Promise<void> {
  const { limit, ...filter } = options;
  const rows = (await listDeadLetters(ctx, filter, limit)).map(({ _id, ...row }) => summary(_id, row));
  output.many(rows, 'No dead letters.');
}

export async function deadLettersShow(ctx: Context, output: Output, id: string): Promise<void> {
  const { _id, detail, ...row } = await showDeadLetter(ctx, id);
  output.one({ ...summary(_id, row), detail });
}

export async function deadLettersReplay(
  ctx: Context,
  output: Output,
  options: DeadLetterFilter & { ids: string[]; all: boolean },
): Promise<void> {
  const { ids, all, ...filter } = options;
  const filtered = all || Object.values(filter).some((value) => value !== undefined);
  if (ids.length === 0 && !filtered)
    throw new Reject(
      422,
      'invalid-request',
      'Say which: ids, --reason, --tenant, --phone-number-id, or --all.',
    );
  for (const id of ids) await replayDeadLetter(ctx, id);
  const rest = ids.length === 0 ? await replayDeadLetters(ctx, filter) : 0;
  output.one(
    { replayed: ids.length + rest },
    'They are back in their lanes; what fails again is parked again.',
  );
}

export async function deadLettersDiscard(
  ctx: Context,
  output: Output,
  id: string,
  reason: string,
): Promise<void> {
  await discardDeadLetter(ctx, id, reason);
  output.one({ id, discarded: true });
}

/** Queues, the age of the oldest unhandled item, and what waits for a person. */
export async function status(ctx: Context, output: Output): Promise<void> {
  const queues = [...ctx.inbound.queues, ctx.lanes.outbox, ctx.lanes.endpoints];
  const rows = await Promise.all(
    queues.map(async (queue) => {
      const { waiting = 0, prioritized = 0, active = 0, delayed = 0, failed = 0 } = await queue.counts();
      const oldest = ctx.inbound.queues.includes(queue) ? await ctx.inbound.oldest(queue.name) : null;
      const oldestSeconds =
        oldest === null ? null : Math.max(0, Math.round((ctx.clock.now() - oldest) / 1000));
      return { queue: queue.name, waiting: waiting + prioritized, active, delayed, failed, oldestSeconds };
    }),
  );
  const deadLetters = (await listDeadLetters(ctx, {}, 1_000)).length;
  const mongodb = await asOperator('status', () => ctx.store.isReachable());
  output.status({ queues: rows, deadLetters, mongodb });
}

/** The effective settings; works without any server. */
export function config(output: Output, environment: Record<string, string | undefined>): void {
  output.many(
    effectiveSettings(environment).map(({ name, value, source, help }) => ({ name, value, source, help })),
    '',
  );
}

function fields(rows: object[]): Fields[] {
  return rows.map((row) => ({ ...row }) as Fields);
}

function summary(id: string, row: object): Fields {
  const { reason, kind, tenantId, phoneNumberId, wabaId, app, attempts, receivedAt, parkedAt } =
    row as Record<string, Fields[string]>;
  return { id, reason, kind, tenantId, phoneNumberId, wabaId, app, attempts, receivedAt, parkedAt };
}
