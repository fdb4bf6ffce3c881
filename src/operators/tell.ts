/** A business is told of each access to what is its own: on its consoles, and by mail where it can be sent. */
import type { Context } from '../context.ts';
import { missingForMail, sendMail } from '../mail/mail.ts';
import { raiseNotice } from '../notices/notices.ts';
import { withTenant } from '../store/scope.ts';
import { findTenant } from '../tenants/tenants.ts';
import type { GrantRow } from './model.ts';

export type Told = 'asked' | 'break-glass' | 'review-overdue';

const TEXTS: Record<Told, (operator: string) => string> = {
  asked: (operator) =>
    `${operator} asks to look at your data. Approve or refuse it in the console under Support access.`,
  'break-glass': (operator) =>
    `Emergency: ${operator} was given access to your data for one hour without asking you first. The console shows the reason and every look under Support access; you can end it there at once.`,
  'review-overdue': (operator) =>
    `The emergency access of ${operator} to your data was not reviewed within 24 hours. Ask the operator of this installation why.`,
};

/** Telling again is harmless. `operator`: as staff are named to the business. */
export async function tellBusiness(
  ctx: Context,
  event: Told,
  { _id: grantId, tenantId }: Pick<GrantRow, '_id' | 'tenantId'>,
  operator: string,
): Promise<void> {
  const text = TEXTS[event](operator);
  const isNew = await withTenant(tenantId, () =>
    raiseNotice(ctx, {
      tenantId,
      kind: 'support-access',
      event,
      severity: event === 'asked' ? 'warning' : 'critical',
      unique: [grantId],
      text,
      at: new Date(ctx.clock.now()),
      details: { grantId },
      mailed: true,
    }),
  );
  if (!isNew || missingForMail(ctx) !== null) return;
  const subject = event === 'asked' ? 'WHATSPER support asks for access' : 'Emergency access to your data';
  try {
    const { email: to } = await findTenant(ctx, tenantId);
    await sendMail(ctx, { tenantId, category: 'security', to, language: 'en', subject, lines: [text] });
  } catch (error) {
    // The notice stands already; access in an emergency must not wait for mail.
    ctx.log.error({ tenantId, kind: 'support-access', event, err: error }, 'support-access.mail-failed');
  }
}
