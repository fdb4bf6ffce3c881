/** `whatsper user reset-link`: an operator starts a reset of a password and never chooses one. */
import type { Command } from 'commander';

import type { Context } from '../context.ts';
import { requireMail } from '../mail/mail.ts';
import { notFound } from '../ops/errors.ts';
import { findPerson } from '../sign-in/people.ts';
import { mailReset } from '../sign-in/reset.ts';
import { findTenant } from '../tenants/tenants.ts';
import { cliActor } from './actor.ts';
import type { Bind } from './bind.ts';

interface Options {
  tenant: string;
  email: string;
  print?: true;
}

export function resetLinkCommand(user: Command, bind: Bind): void {
  bind<Options>(
    user
      .command('reset-link')
      .description('mail a person the link by which they set a new password')
      .requiredOption('--tenant <id>', 'its id')
      .requiredOption('--email <address>', 'address of the person')
      .option('--print', 'print the link instead, where no mail can be sent; hand it over by a safe way'),
    async ({ ctx, output, options }) => {
      const isMailed = options.print !== true;
      const { userId, url } = await resetFor(ctx, options, isMailed);
      if (isMailed) output.one({ userId, mailed: true });
      else output.one({ userId, link: url }, 'The link works once, for 30 minutes.');
    },
  );
}

async function resetFor(ctx: Context, { tenant, email }: Options, isMailed: boolean) {
  if (isMailed) requireMail(ctx);
  const { accountNumber } = await findTenant(ctx, tenant);
  const { user } = await findPerson(ctx, accountNumber, email);
  if (!user) throw notFound('person who may sign in');
  const url = await mailReset(ctx, user, { language: 'en', actor: cliActor(), isMailed });
  return { userId: user._id, url };
}
