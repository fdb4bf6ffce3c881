/** `whatsper operator`: staff accounts of the installation. */
import { type Command, InvalidArgumentError } from 'commander';

import { OPERATOR_ROLES } from '../operators/roles.ts';
import {
  addOperator,
  changeRole,
  disableOperator,
  enableOperator,
  listOperators,
  renewToken,
} from '../operators/staff.ts';
import { cliActor } from './actor.ts';
import type { Bind } from './bind.ts';

const ONCE = 'The token is shown only this once: give it to the person now, by a safe way.';
const CLOSED =
  'The account is disabled until the signed duty of confidentiality is on record: whatsper operator enable.';

interface OfOperator {
  operator: string;
}

export function operatorCommands(root: Command, bind: Bind): void {
  const operator = root.command('operator').description('staff accounts; none opens anything by itself');
  bind<{ name: string; email: string; role?: string; confidentialitySigned?: Date }>(
    operator
      .command('add')
      .description('make a staff account; its token is shown once')
      .requiredOption('--name <name>', 'of the person; businesses see it')
      .requiredOption('--email <address>', 'of the person')
      .option('--role <role>', `${OPERATOR_ROLES.join(', ')} (default support)`)
      .option(
        '--confidentiality-signed <day>',
        'when the duty of confidentiality was signed, as 2026-11-01; without it the account stays disabled',
        day,
      ),
    async ({ ctx, output, options: { name, email, role, confidentialitySigned } }) => {
      const made = await addOperator(ctx, { name, email, role, confidentialitySigned }, cliActor());
      output.one(made, made.token === null ? CLOSED : ONCE);
    },
  );
  bind<OfOperator & { confidentialitySigned: Date }>(
    named(operator.command('enable'))
      .description(
        'record the signed duty of confidentiality and open the account; its new token is shown once',
      )
      .requiredOption('--confidentiality-signed <day>', 'when it was signed, as 2026-11-01', day),
    async ({ ctx, output, options: { operator: id, confidentialitySigned } }) =>
      output.one(await enableOperator(ctx, id, confidentialitySigned, cliActor()), ONCE),
  );
  bind<OfOperator>(
    named(operator.command('disable')).description('end the account’s token and access at once'),
    async ({ ctx, output, options: { operator: id } }) =>
      output.one(await disableOperator(ctx, id, cliActor())),
  );
  bind<OfOperator>(
    named(operator.command('token')).description('another token; the one there was ends'),
    async ({ ctx, output, options: { operator: id } }) =>
      output.one(await renewToken(ctx, id, cliActor()), ONCE),
  );
  bind<OfOperator & { role: string }>(
    named(operator.command('role'))
      .description('another role: what access may give at most')
      .requiredOption('--role <role>', OPERATOR_ROLES.join(', ')),
    async ({ ctx, output, options: { operator: id, role } }) =>
      output.one(await changeRole(ctx, id, role, cliActor())),
  );
  bind(operator.command('list').description('all staff accounts'), async ({ ctx, output }) =>
    output.many(await listOperators(ctx), {
      columns: ['operatorId', 'name', 'role', 'status', 'confidentialitySignedAt', 'lastUsedAt'],
      empty: 'No staff accounts yet: whatsper operator add --name … --email … --confidentiality-signed …',
    }),
  );
}

function named(command: Command): Command {
  return command.requiredOption('--operator <id>', 'the account’s id');
}

function day(text: string): Date {
  const value = new Date(`${text}T00:00:00Z`);
  if (/^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(+value)) return value;
  throw new InvalidArgumentError('It must be a day, like 2026-11-01.');
}
