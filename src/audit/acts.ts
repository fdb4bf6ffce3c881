/**
 * Acts of the REST interface, as routes declare them: written before the act, so that what can't be audited is not
 * done, and once more when it failed or made something.
 */
import type { Context } from '../context.ts';
import { audit, type AuditEntry } from './audit.ts';
import { takeSomewhere } from './views.ts';

/** What a privileged act is called, and what it is done to. */
export interface Act<Params = unknown, Body = unknown, Answer = unknown> {
  /** `thing.done` */
  action: string;
  /** Ids; by default the `id` of the path. */
  objects?(params: Params, body: Body): string[];
  /** Ids, names of fields, words of ours; never values that people wrote. */
  details?(body: Body): NonNullable<AuditEntry['details']>;
  /** Ids of what it made. */
  made?(answer: Answer): string[];
}

interface Doer {
  tenantId: string;
  principal: string;
}

/** Does what is declared, between its entries. @throws Reject (503) `audit-unavailable` before anything was done */
export async function audited<Answer>(
  ctx: Context,
  { tenantId, principal: actor }: Doer,
  { act, params, body }: { act: Act; params: unknown; body: unknown },
  work: () => Promise<Answer>,
): Promise<Answer> {
  const { action } = act;
  const id = (params as { id?: string } | undefined)?.id;
  const objects = act.objects?.(params, body) ?? (id === undefined ? [] : [id]);
  const details = act.details?.(body);
  const entry = { tenantId, actor, action, objects, ...(details ? { details } : {}) };
  await audit(ctx, { ...entry, outcome: 'allowed' });
  let answer: Answer;
  try {
    answer = await work();
  } catch (error) {
    await note(ctx, { ...entry, outcome: 'failed', reason: reasonOf(error) });
    throw error;
  }
  const made = act.made?.(answer) ?? [];
  if (made.length > 0) await note(ctx, { ...entry, objects: made, outcome: 'allowed' });
  return answer;
}

/** That it was begun is written already. */
async function note(ctx: Context, entry: AuditEntry & { tenantId: string }): Promise<void> {
  try {
    await takeSomewhere(ctx, entry);
  } catch (error) {
    ctx.log.error({ tenantId: entry.tenantId, err: error }, 'audit.outcome-not-written');
  }
}

/** The problem's word, or the error's name: its message may quote content. */
export function reasonOf(error: unknown): string {
  const { problem } = error as { problem?: unknown };
  if (typeof problem === 'string') return problem;
  return error instanceof Error ? error.name : 'error';
}
