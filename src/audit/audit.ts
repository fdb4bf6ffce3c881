/**
 * Writing to the audit log. Called before a privileged act takes effect, so that what can't be audited is not done;
 * for refusals and attempts to sign in, too.
 */
import type { Context } from '../context.ts';
import { Reject } from '../ops/errors.ts';
import { SafeError } from '../ops/log.ts';
import { newId } from '../store/ids.ts';
import { type AuditRecord, type Details, INSTALLATION, type Outcome } from './model.ts';
import { currentOrigin } from './origin.ts';

export interface AuditEntry {
  /** Whose log; null: the installation's. */
  tenantId: string | null;
  /** `user:usr_…`, `key:key_…`, `operator:<name>`, `link:msg_…` (whoever holds a link to a file) or `system`. */
  actor: string;
  /** `thing.done`: `user.invited`, `key.created`, … */
  action: string;
  /** Ids. */
  objects?: readonly string[];
  outcome: Outcome;
  /** No personal data, no content. */
  reason?: string;
  /** Ids, names of fields, keyed digests; never values. */
  details?: Details;
  /** By default that of the request that is being answered. */
  requestId?: string;
}

const ACTOR = /^(system|(user|key|link):[\w.-]{1,100}|operator:.{1,100})$/;
const ACTION = /^[a-z][a-z-]*(\.[a-z][a-z-]*)+$/;
/** Names of details are plain words: no operator of a query, no path. */
const DETAIL = /^[A-Za-z]\w{0,59}$/;
/** Longer texts than an id, a digest or a short reason are no business of this log. */
const LONGEST = 500;

/**
 * Resolves when the entry is durable.
 * @throws Reject (503, `audit-unavailable`) when it can't be made durable: then the act must not happen
 */
export async function audit(ctx: Context, entry: AuditEntry): Promise<void> {
  const record = auditRecord(ctx, entry);
  try {
    await ctx.audit.take(record, ctx.positions.next());
  } catch (error) {
    ctx.log.error({ tenantId: record.tenantId, action: record.action, err: error }, 'audit.unavailable');
    throw new Reject(
      503,
      'audit-unavailable',
      'The audit log can’t be written now, so this was not done. Please try again.',
    );
  }
}

/** The entry as it goes into its lane. @throws SafeError for an entry that no log may hold: a fault of ours */
export function auditRecord(ctx: Pick<Context, 'clock' | 'random'>, entry: AuditEntry): AuditRecord {
  const { tenantId, actor, action, objects = [], outcome, reason, details } = entry;
  const texts = [...objects, reason ?? '', ...Object.values(details ?? {}).map(String)];
  const isOfForm =
    ACTOR.test(actor) && ACTION.test(action) && Object.keys(details ?? {}).every((name) => DETAIL.test(name));
  if (!isOfForm || texts.some((text) => text.length > LONGEST)) {
    throw new SafeError('An audit entry is not of the form that the audit log takes.');
  }
  const origin = currentOrigin();
  const requestId = entry.requestId ?? origin.requestId;
  return {
    id: newId(ctx, 'aud'),
    tenantId: tenantId ?? INSTALLATION,
    at: new Date(ctx.clock.now()).toISOString(),
    actor,
    action,
    objects: [...objects],
    outcome,
    ...(reason === undefined ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    address: origin.address,
    ...(requestId === undefined ? {} : { requestId }),
  };
}
