/** `whatsper access`: how staff ask for access to a tenant's data, and what happens in an emergency. */
import { type Command, InvalidArgumentError } from 'commander';

import type { Context } from '../context.ts';
import { breakGlass, dueReviews, reviewAccess } from '../operators/break-glass.ts';
import { askForAccess, endAccess, stateOf } from '../operators/grants.ts';
import { findTenantOf, listAccess } from '../operators/list.ts';
import type { GrantRow } from '../operators/model.ts';
import { GRANTABLE, REASON_CODES } from '../operators/roles.ts';
import { operatorRow, requireActive } from '../operators/staff.ts';
import { cliActor } from './actor.ts';
import type { Bind } from './bind.ts';

interface Asking {
  tenant: string;
  operator: string;
  reasonCode: string;
  reason: string;
}

export function accessCommands(root: Command, bind: Bind): void {
  const access = root.command('access').description('access of staff to a tenant’s data');
  bind<Asking & { hours: number; permissions?: string[] }>(
    asking(access.command('request'))
      .description('ask a business for access; its people approve or refuse it in their console')
      .option('--hours <n>', 'for how long, 1 to 168', hours, 24)
      .option('--permissions <a,b>', `of ${GRANTABLE.join(', ')}; by default all that the role may`, words),
    async ({ ctx, output, options }) => {
      const { operator: operatorId, hours: length, permissions } = options;
      const wanted = { ...reasoned(options), hours: length, permissions };
      const row = await askForAccess(ctx, wanted, `operator:${operatorId}`);
      output.one(view(ctx, row), 'The business was told. Access begins when one of its people approves it.');
    },
  );
  bind<{ tenant?: string; operator?: string }>(
    access
      .command('list')
      .description('access asked for, active and past, newest first')
      .option('--tenant <id>', 'of this business only')
      .option('--operator <id>', 'of this person only'),
    async ({ ctx, output, options: { tenant: tenantId, operator: operatorId } }) =>
      output.many(
        (await listAccess(ctx, { tenantId, operatorId })).map((row) => view(ctx, row)),
        {
          columns: ['grantId', 'tenantId', 'operatorId', 'kind', 'state', 'reasonCode', 'from', 'until'],
          empty: 'No access was asked for or given.',
        },
      ),
  );
  bind<{ grant: string }>(
    access.command('end').description('end access at once').requiredOption('--grant <id>', 'the access’ id'),
    async ({ ctx, output, options: { grant: grantId } }) => {
      const tenantId = await findTenantOf(ctx, grantId);
      output.one(view(ctx, await endAccess(ctx, { tenantId, grantId }, cliActor())));
    },
  );
  emergencyCommands(access, bind);
}

function emergencyCommands(access: Command, bind: Bind): void {
  bind<Asking & { approver?: string }>(
    asking(access.command('break-glass'))
      .description('in an emergency: access for one hour at once; the business is told')
      .option(
        '--approver <id>',
        'staff account of who approves, another than the operator; by default whoever runs this command',
      ),
    async ({ ctx, output, options }) => {
      const approver = await principalOf(ctx, options.approver);
      const row = await breakGlass(ctx, { ...reasoned(options), approver }, cliActor());
      const note =
        'The business was told. Somebody else reviews it within 24 hours: whatsper access review --grant … --finding …';
      output.one(view(ctx, row), note);
    },
  );
  bind(
    access.command('reviews').description('emergency access that is still to be reviewed'),
    async ({ ctx, output }) =>
      output.many(await dueReviews(ctx), {
        columns: ['grantId', 'tenantId', 'operatorId', 'dueAt', 'overdue'],
        empty: 'No review is due.',
      }),
  );
  bind<{ grant: string; finding: string; reviewer?: string }>(
    access
      .command('review')
      .description('say what the review of an emergency access found; the business sees it')
      .requiredOption('--grant <id>', 'the access’ id')
      .requiredOption('--finding <words>', 'what was found')
      .option(
        '--reviewer <id>',
        'staff account of who reviewed, another than the operator; by default whoever runs this command',
      ),
    async ({ ctx, output, options: { grant: grantId, finding, reviewer } }) => {
      await reviewAccess(ctx, { grantId, finding }, await principalOf(ctx, reviewer));
      output.one({ grantId, reviewed: true });
    },
  );
}

/** @throws Reject (404), (409) `operator-disabled` */
async function principalOf(ctx: Context, operatorId: string | undefined): Promise<string> {
  if (operatorId === undefined) return cliActor();
  requireActive(await operatorRow(ctx, operatorId));
  return `operator:${operatorId}`;
}

function asking(command: Command): Command {
  return command
    .requiredOption('--tenant <id>', 'whose data')
    .requiredOption('--operator <id>', 'staff account of who will look')
    .requiredOption('--reason-code <code>', `one of ${REASON_CODES.join(', ')}`)
    .requiredOption('--reason <words>', 'the business sees it');
}

function reasoned({ tenant: tenantId, operator: operatorId, reasonCode, reason }: Asking) {
  return { tenantId, operatorId, reasonCode, reason };
}

/** The words of the reason stand in the business's console, not here. */
function view(ctx: Context, row: GrantRow) {
  const { _id: grantId, tenantId, operatorId, kind, reasonCode, permissions, createdAt } = row;
  return {
    grantId,
    tenantId,
    operatorId: operatorId ?? null,
    kind,
    state: stateOf(row, ctx.clock.now()),
    reasonCode,
    permissions,
    hours: row.hours,
    createdAt,
    from: row.from ?? null,
    until: row.until ?? null,
    reviewDueAt: row.reviewDueAt ?? null,
    reviewedAt: row.reviewedAt ?? null,
  };
}

function hours(text: string): number {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number of hours.');
}

function words(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
