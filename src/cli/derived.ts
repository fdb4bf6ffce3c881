/** Commands about what is derived from the sealed rows: look-ups and search. */
import type { Command } from 'commander';

import { rebuildTenant } from '../derived/rebuild.ts';
import { findTenant, listTenants } from '../tenants/tenants.ts';
import type { Bind } from './bind.ts';

export function derivedCommands(root: Command, bind: Bind): void {
  const derived = root.command('derived').description('look-ups and search, which backups leave out');
  bind<{ tenant?: string }>(
    derived
      .command('rebuild')
      .description('make them again from what is stored; after a restore, before the gateway starts')
      .option('--tenant <id>', 'only of this tenant'),
    async ({ ctx, output, terminal, options: { tenant } }) => {
      const tenants = tenant === undefined ? await listTenants(ctx) : [await findTenant(ctx, tenant)];
      const rows = [];
      for (const { tenantId } of tenants) {
        const done = await rebuildTenant(ctx, tenantId, ({ contacts, messages, users }) =>
          terminal.err(`${tenantId}: ${contacts} contacts, ${messages} messages, ${users} users …`),
        );
        ctx.log.info({ tenantId, part: 'derived', count: done.messages }, 'derived.rebuilt');
        rows.push({ tenantId, ...done });
      }
      output.many(rows, {
        columns: ['tenantId', 'contacts', 'messages', 'users', 'removed', 'skipped'],
        empty: 'No tenants yet.',
      });
    },
  );
}
