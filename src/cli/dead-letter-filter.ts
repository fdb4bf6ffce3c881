/** Which dead letters a command means. */
import { type Command, Option } from 'commander';

import type { DeadLetterFilter } from '../lanes/dead-letters.ts';
import type { ParkReason } from '../lanes/model.ts';
import { keysOfPerson } from '../lanes/person.ts';
import type { Call } from './bind.ts';
import { time } from './values.ts';

const REASONS: ParkReason[] = ['unrouted', 'mismatch', 'unreadable', 'unknown-field', 'failed'];

export interface FilterOptions {
  reason?: ParkReason;
  tenant?: string;
  phoneNumberId?: string;
  person?: string;
  from?: Date;
  to?: Date;
}

export function filtered(command: Command): Command {
  return command
    .addOption(new Option('--reason <reason>', 'why it was parked').choices(REASONS))
    .option('--tenant <id>', 'whose it is')
    .option('--phone-number-id <id>', 'for which number it came')
    .option(
      '--person <who>',
      'from or about whom: phone number or user id, - reads it from standard input; with --tenant that tenant’s, else those of no tenant',
    )
    .option('--from <time>', 'received at or after, as 2026-11-22T09:30Z', time)
    .option('--to <time>', 'received before', time);
}

export function hasFilter({ reason, tenant, phoneNumberId, person, from, to }: FilterOptions): boolean {
  return [reason, tenant, phoneNumberId, person, from, to].some((value) => value !== undefined);
}

export async function readFilter({ ctx, options, terminal }: Call<FilterOptions>): Promise<DeadLetterFilter> {
  const { reason, tenant: tenantId, phoneNumberId, person, from, to } = options;
  const who = person === '-' ? await terminal.input() : person;
  const people = who === undefined ? undefined : await keysOfPerson(ctx, who, tenantId);
  return { reason, tenantId, phoneNumberId, from, to, people };
}
