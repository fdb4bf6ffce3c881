/** Once a day the newest signed checkpoints go to AUDIT_MAIL: whoever holds the mailbox can prove a change by them. */
import type { Context } from '../context.ts';
import { missingForMail, sendMail } from '../mail/mail.ts';
import { type AuditStateRow, AuditStates, INSTALLATION } from './model.ts';

const EVERY_MS = 24 * 60 * 60_000;
/** Of one mail: some 100 kB. */
const LINES = 300;

/** In the installation's scope. */
export async function mailCheckpoints(ctx: Context): Promise<void> {
  const to = ctx.settings.AUDIT_MAIL;
  if (to === undefined || missingForMail(ctx) !== null) return;
  const states = ctx.store.model(AuditStates);
  const now = ctx.clock.now();
  const own = await states.findOne({ _id: INSTALLATION }).lean<AuditStateRow>().exec();
  const mailedAt = own?.mailedAt;
  if (mailedAt && now - mailedAt.getTime() < EVERY_MS) return;
  const rows = await states
    .find({ 'checkpoint.at': { $gt: mailedAt ?? new Date(0) } })
    .sort({ _id: 1 })
    .lean<AuditStateRow[]>()
    .exec();
  const lines = rows.flatMap(({ checkpoint }) => checkpoint?.signed ?? []);
  for (let at = 0; at < lines.length; at += LINES) {
    await sendMail(ctx, {
      tenantId: null,
      category: 'security',
      to,
      language: 'en',
      subject: `Audit log: signed checkpoints of ${new Date(now).toISOString().slice(0, 10)}`,
      lines: [
        'Keep this mail. Each line is a signed checkpoint; put the lines into a file for: whatsper audit verify --checkpoints FILE',
        ...lines.slice(at, at + LINES),
      ],
    });
  }
  const change = { $set: { mailedAt: new Date(now) } };
  await states.updateOne({ _id: INSTALLATION, tenantId: INSTALLATION }, change, { upsert: true }).exec();
}
