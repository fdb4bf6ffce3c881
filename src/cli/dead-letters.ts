/** Commands about items that need a person. An operator sees what is needed to decide, never what was said. */
import { type Command, InvalidArgumentError, Option } from 'commander';

import {
  type DeadLetterFilter,
  type DeadLetterSummary,
  discardDeadLetter,
  listDeadLetters,
  replayDeadLetter,
  replayDeadLetters,
  showDeadLetter,
} from '../lanes/dead-letters.ts';
import type { ParkReason } from '../lanes/model.ts';
import { Reject } from '../ops/errors.ts';
import type { Bind } from './bind.ts';

const REASONS: ParkReason[] = ['unrouted', 'mismatch', 'unreadable', 'unknown-field', 'failed'];

interface FilterOptions {
  reason?: ParkReason;
  tenant?: string;
  phoneNumberId?: string;
}

export function deadLetterCommands(root: Command, bind: Bind): void {
  const letters = root.command('dead-letters').description('items that need a person');
  bind<FilterOptions & { limit: number }>(
    filtered(letters.command('list'))
      .description('newest first')
      .option('--limit <n>', 'how many at most', wholeNumber, 50),
    async ({ ctx, output, options }) => {
      const rows = await listDeadLetters(ctx, filterOf(options), options.limit);
      output.many(rows.map(summary), {
        columns: ['id', 'reason', 'kind', 'tenantId', 'phoneNumberId', 'attempts', 'parkedAt'],
        empty: 'No dead letters.',
      });
    },
  );
  bind(
    letters.command('show').description('one of them, without its content').argument('<id>'),
    async ({ ctx, output, args: [id = ''] }) => output.one(summary(await showDeadLetter(ctx, id))),
  );
  bind<FilterOptions & { all?: true }>(
    filtered(letters.command('replay').argument('[ids...]'))
      .description('put these, or all that fit, back into their lanes')
      .option('--all', 'every dead letter'),
    async ({ ctx, output, options, args }) => {
      const replayed = await replay(ctx, args, filterOf(options), options.all === true);
      output.one({ replayed }, 'They are back in their lanes; what fails again is parked again.');
    },
  );
  bind<{ reason: string }>(
    letters
      .command('discard')
      .description('remove one for good')
      .argument('<id>')
      .requiredOption('--reason <why>', 'kept in the log: no names, numbers or content'),
    async ({ ctx, output, options: { reason }, args: [id = ''] }) => {
      await discardDeadLetter(ctx, id, reason);
      output.one({ id, discarded: true });
    },
  );
}

async function replay(
  ctx: Parameters<typeof replayDeadLetter>[0],
  ids: string[],
  filter: DeadLetterFilter,
  all: boolean,
): Promise<number> {
  const hasFilter = Object.values(filter).some((value) => value !== undefined);
  const ways = [ids.length > 0, hasFilter, all].filter(Boolean).length;
  if (ways !== 1) {
    const detail = 'Say which: either ids, or --reason, --tenant and --phone-number-id, or --all.';
    throw new Reject(422, 'invalid-request', detail);
  }
  for (const id of ids) await replayDeadLetter(ctx, id);
  return ids.length > 0 ? ids.length : replayDeadLetters(ctx, filter);
}

function filtered(command: Command): Command {
  return command
    .addOption(new Option('--reason <reason>', 'why it was parked').choices(REASONS))
    .option('--tenant <id>', 'whose it is')
    .option('--phone-number-id <id>', 'for which number it came');
}

function filterOf({ reason, tenant: tenantId, phoneNumberId }: FilterOptions): DeadLetterFilter {
  return { reason, tenantId, phoneNumberId };
}

function summary({ _id: id, ...row }: DeadLetterSummary) {
  const { reason, kind, detail, tenantId, phoneNumberId, wabaId, app } = row;
  const { attempts, receivedAt, parkedAt, expiresAt } = row;
  const owner = { tenantId: tenantId ?? null, phoneNumberId: phoneNumberId ?? null, wabaId: wabaId ?? null };
  return {
    id,
    reason,
    kind,
    detail,
    ...owner,
    app,
    attempts,
    receivedAt,
    parkedAt,
    expiresAt: expiresAt ?? null,
  };
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 1_000) {
    throw new InvalidArgumentError('It must be a whole number from 1 to 1000.');
  }
  return value;
}
