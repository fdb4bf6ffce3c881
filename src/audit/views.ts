/**
 * Who looked at what: reading content is written down per principal and object, once in ten minutes per process. What
 * this process wrote a moment ago it remembers, so that most reads cost nothing; the others wait for one write to
 * Redis. While Redis is away the entry goes into the database, and from there into its lane (waiting.ts): a read is
 * answered only when it is written down somewhere.
 */
import type { Context } from '../context.ts';
import { withTenant } from '../store/scope.ts';
import { type AuditEntry, auditRecord } from './audit.ts';
import { WaitingAudit } from './model.ts';

/** Objects of one entry. */
const OBJECTS = 100;

interface Look {
  tenantId: string;
  /** `user:…`, `key:…`, `operator:…`, `link:…` */
  principal: string;
  /** Ids of what is shown. */
  objects: string[];
  /** By default `content.viewed`. */
  action?: string;
}

/** Writes down that content is shown, before it is. @throws when neither Redis nor the database took it */
export async function recordViews(
  ctx: Context,
  { tenantId, principal: actor, objects, action = 'content.viewed' }: Look,
): Promise<void> {
  const recent = ctx.audit.views;
  const fresh = recent.fresh(tenantId, `${actor}/${action}`, objects);
  for (let at = 0; at < fresh.length; at += OBJECTS) {
    const some = fresh.slice(at, at + OBJECTS);
    await takeSomewhere(ctx, { tenantId, actor, action, objects: some, outcome: 'allowed' });
    recent.remember(tenantId, `${actor}/${action}`, some);
  }
}

interface Principal {
  tenantId: string;
  principal: string;
}

const LISTENING = 'feed.listening';

/** One entry per connection to the live feed, before anything is told on it. @throws as recordViews */
export async function recordFeedOpened(
  ctx: Context,
  { tenantId, principal: actor }: Principal,
): Promise<void> {
  await takeSomewhere(ctx, { tenantId, actor, action: 'feed.opened', outcome: 'allowed' });
  ctx.audit.views.remember(tenantId, `${actor}/${LISTENING}`, ['feed']);
}

/** One entry in ten minutes while somebody listens. @throws as recordViews */
export async function recordListening(ctx: Context, { tenantId, principal }: Principal): Promise<void> {
  await recordViews(ctx, { tenantId, principal, objects: ['feed'], action: LISTENING });
}

interface Refused {
  method: string;
  /** Pattern of the path. */
  route: string;
  problem: string;
}

/** Writes down that somebody known asked for what they may not, once in ten minutes. It is refused whatever becomes of this. */
export async function recordRefusal(
  ctx: Context,
  { tenantId, principal }: Principal,
  { method, route, problem }: Refused,
): Promise<void> {
  const [recent, what] = [ctx.audit.views, [`${method} ${route} ${problem}`]];
  if (recent.fresh(tenantId, principal, what).length === 0) return;
  const details = { method, route };
  const entry = { tenantId, actor: principal, action: 'request.refused', outcome: 'refused' as const };
  try {
    await takeSomewhere(ctx, { ...entry, reason: problem, details });
    recent.remember(tenantId, principal, what);
  } catch (error) {
    ctx.log.error({ tenantId, reason: problem, err: error }, 'audit.refusal-not-written');
  }
}

/** Into its lane; while Redis is away, into the database. */
export async function takeSomewhere(ctx: Context, entry: AuditEntry & { tenantId: string }): Promise<void> {
  const record = auditRecord(ctx, entry);
  const { id, tenantId } = record;
  const position = ctx.positions.next();
  try {
    await ctx.audit.take(record, position);
  } catch (error) {
    ctx.log.warn({ tenantId, err: error }, 'audit.waits-in-database');
    const sealed = ctx.master.seal('transit', placeOf(id), Buffer.from(JSON.stringify(record)));
    const row = { _id: id, tenantId, record: sealed, position };
    await withTenant(tenantId, () => ctx.store.model(WaitingAudit).insertMany([row]));
  }
}

/** Where a waiting record is sealed. */
export function placeOf(id: string) {
  return { collection: 'auditWaiting', id, field: 'record' };
}
