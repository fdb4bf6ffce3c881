/**
 * Whether a template may be sent, asked when a message is accepted and once more when it is sent: its state, what
 * fills it, and whether the client wants marketing. One that is not known here is asked for at the account; when the
 * account does not answer, WhatsApp itself decides.
 */
import type { Context } from '../context.ts';
import { marketingStopOf } from '../conversations/marketing.ts';
import type { ContactRow } from '../conversations/model.ts';
import { Reject } from '../ops/errors.ts';
import { type ChannelRow } from '../tenants/model.ts';
import type { FailureReason } from '../whatsapp/failure-reasons.ts';
import type { TemplateBody } from '../whatsapp/send/template.ts';
import { faultsOf } from '../whatsapp/templates/check.ts';
import { render, type Rendered } from '../whatsapp/templates/render.ts';
import { shapeOf, type TemplateShape } from '../whatsapp/templates/shape.ts';
import { type TemplateRow, Templates } from './model.ts';
import { categoryNow, componentsOf, findTemplate } from './store.ts';
import { syncTemplates } from './sync.ts';

export interface Sending {
  channel: ChannelRow;
  /** Null for a group. */
  contact: ContactRow | null;
  template: TemplateBody;
}

/** Codes by which WhatsApp would refuse it. */
const MISSING = 132001;
const PAUSED = 132015;
const DISABLED = 132016;
const STOPPED = 131050;

interface Blocked {
  reason: FailureReason;
  code: number;
  problem: string;
  detail: string;
}

/** What stands against sending a template of this status; undefined: nothing, or a status that is not known here. */
export function blockedBy({
  name,
  language,
  status,
  reason,
  recommendation,
  pausedUntil,
}: TemplateRow): Blocked | undefined {
  const which = `The template ${name} (${language})`;
  const why = [reason, recommendation].filter((one) => one !== undefined).join(': ');
  const because = why === '' ? '' : ` WhatsApp’s reason: ${why}.`;
  switch (status) {
    case 'PENDING':
    case 'IN_APPEAL':
      return {
        reason: 'template-missing',
        code: MISSING,
        problem: 'template-not-approved',
        detail: `${which} is not approved yet. Wait for WhatsApp’s decision, or use another.`,
      };
    case 'REJECTED':
      return {
        reason: 'template-missing',
        code: MISSING,
        problem: 'template-not-approved',
        detail: `${which} was rejected.${because} Edit it and submit it again, or use another.`,
      };
    case 'PAUSED': {
      const until = pausedUntil === undefined ? '' : ` It may go on about ${pausedUntil.toISOString()}.`;
      return {
        reason: 'template-paused',
        code: PAUSED,
        problem: 'template-paused',
        detail: `${which} is paused, since clients did not like it.${because}${until} Wait until WhatsApp ends the pause, or use another.`,
      };
    }
    case 'DISABLED':
    case 'LOCKED':
    case 'ARCHIVED':
      return {
        reason: 'template-disabled',
        code: DISABLED,
        problem: 'template-disabled',
        detail: `${which} is disabled for good.${because} Use another.`,
      };
    case 'DELETED':
    case 'PENDING_DELETION':
      return {
        reason: 'template-missing',
        code: MISSING,
        problem: 'template-deleted',
        detail: `${which} was deleted. Use another, or create it again under another name.`,
      };
    case 'LIMIT_EXCEEDED':
      return {
        reason: 'template-missing',
        code: MISSING,
        problem: 'template-not-approved',
        detail: `${which} was not taken: the account has as many templates as it may have. Delete some.`,
      };
    default:
      return undefined;
  }
}

/** A known template with its definition; `absent`: the account was asked and has none; `unknown`: it did not say. */
type Known =
  { kind: 'known'; row: TemplateRow; shape: TemplateShape } | { kind: 'absent' } | { kind: 'unknown' };

async function known(ctx: Context, { channel, template }: Sending, ask: boolean): Promise<Known> {
  const { tenantId, wabaId } = channel;
  const of = { wabaId, name: template.name, language: template.language.code };
  let row = await findTemplate(ctx, tenantId, of);
  if (ask && (!row?.components || row.stale || row.status === 'DELETED')) {
    const { kind } = await syncTemplates(ctx, tenantId, wabaId, template.name);
    row = await findTemplate(ctx, tenantId, of);
    if (!row && kind === 'synced') return { kind: 'absent' };
  }
  const components = row ? await componentsOf(ctx, row) : undefined;
  if (!row || !components) return { kind: 'unknown' };
  const { format, category } = row;
  return { kind: 'known', row, shape: shapeOf(components, { format, category }) };
}

/**
 * Checks a template before it is accepted. @returns how the client will see it, where its definition is known
 * @throws Reject 409 for its state or the client's choice, 422 that names the parameters that do not fit
 */
export async function requireSendable(ctx: Context, sending: Sending): Promise<Rendered | undefined> {
  const { template } = sending;
  const found = await known(ctx, sending, true);
  if (found.kind === 'absent') {
    throw new Reject(
      422,
      'template-unknown',
      `The account has no template ${template.name} in the language ${template.language.code}. Choose one of GET /v1/templates, with its exact language.`,
      {
        errors: [{ path: 'template.name', message: 'is not known in this language' }],
      },
    );
  }
  const blocked = found.kind === 'known' ? blockedBy(found.row) : undefined;
  if (blocked) throw new Reject(409, blocked.problem, blocked.detail);
  if (await isStopped(ctx, sending, found)) {
    const what =
      found.kind === 'known'
        ? 'This is a marketing template'
        : 'Whether this template is marketing could not be found out';
    throw new Reject(
      409,
      'marketing-stopped',
      `The client wants no marketing from this number. ${what}; utility and authentication templates may be sent.`,
    );
  }
  if (found.kind === 'unknown') return undefined;
  const faults = faultsOf(found.shape, template);
  if (faults.length > 0) {
    throw new Reject(
      422,
      'template-parameters',
      'What fills the template does not fit its definition; see `errors`.',
      {
        errors: faults.map(({ path, message }) => ({ path: `template.${path}`, message })),
      },
    );
  }
  return render(found.shape, template);
}

/** Why a template must not be sent now; undefined when it may be. Asks nobody: the moment of sending is no time for that. */
export async function templateForbidden(
  ctx: Context,
  sending: Sending,
): Promise<{ reason: FailureReason; code: number } | undefined> {
  const found = await known(ctx, sending, false);
  const blocked = found.kind === 'known' ? blockedBy(found.row) : undefined;
  if (blocked) return { reason: blocked.reason, code: blocked.code };
  if (await isStopped(ctx, sending, found)) return { reason: 'marketing-stopped', code: STOPPED };
  if (found.kind !== 'known' || faultsOf(found.shape, sending.template).length === 0) return undefined;
  return { reason: 'template-mismatch', code: 0 };
}

async function isStopped(ctx: Context, { channel, contact }: Sending, found: Known): Promise<boolean> {
  const category = found.kind === 'known' ? categoryNow(found.row, ctx.clock.now()) : undefined;
  if (!contact || category === 'UTILITY' || category === 'AUTHENTICATION') return false;
  return (await marketingStopOf(ctx, contact, channel._id)) !== undefined;
}

/** Codes after which what is known of a template is out of date. */
const OUT_OF_DATE = [132000, 132001, 132005, 132012, PAUSED, DISABLED];

/** After WhatsApp refused a template: what that says of the template is kept. */
export async function learnFromRefusal(
  ctx: Context,
  { channel, template }: Sending,
  code: number,
): Promise<void> {
  if (!OUT_OF_DATE.includes(code)) return;
  const row = await findTemplate(ctx, channel.tenantId, {
    wabaId: channel.wabaId,
    name: template.name,
    language: template.language.code,
  });
  if (!row) return;
  const now = new Date(ctx.clock.now());
  const status = code === PAUSED ? 'PAUSED' : code === DISABLED ? 'DISABLED' : undefined;
  await ctx.store
    .model(Templates)
    .updateOne(
      { _id: row._id },
      { $set: { stale: true, ...(status === undefined ? {} : { status, statusAt: now }) } },
    )
    .exec();
}
