/** Commands about templates. */
import type { Command } from 'commander';

import { withTenant } from '../store/scope.ts';
import { channelById } from '../templates/manage.ts';
import { type TemplateRow, Templates } from '../templates/model.ts';
import { syncedOr409 } from '../templates/routes.ts';
import { syncTemplates } from '../templates/sync.ts';
import { Channels } from '../tenants/model.ts';
import { findTenant } from '../tenants/tenants.ts';
import type { Bind } from './bind.ts';

interface Options {
  tenant: string;
  channel?: string;
}

export function templateCommands(root: Command, bind: Bind): void {
  const template = root.command('template').description('message templates of a tenant’s accounts');
  bind<Options>(
    template
      .command('sync')
      .description('read the templates of the accounts anew')
      .requiredOption('--tenant <id>', 'its id')
      .option('--channel <id>', 'only the account of this channel'),
    async ({ ctx, output, options: { tenant, channel } }) => {
      await findTenant(ctx, tenant);
      const synced = await withTenant(tenant, async () => {
        const accounts =
          channel === undefined
            ? await ctx.store.model(Channels).distinct('wabaId').exec()
            : [(await channelById(ctx, channel)).wabaId];
        const rows = [];
        for (const wabaId of accounts) {
          const { seen, removed } = syncedOr409(await syncTemplates(ctx, tenant, wabaId));
          rows.push({ wabaId, seen, removed });
        }
        return rows;
      });
      output.many(synced, { columns: ['wabaId', 'seen', 'removed'], empty: 'The tenant has no channels.' });
    },
  );
  bind<Options>(
    template.command('list').description('templates as last read').requiredOption('--tenant <id>', 'its id'),
    async ({ ctx, output, options: { tenant } }) => {
      await findTenant(ctx, tenant);
      const rows = await withTenant(tenant, () =>
        ctx.store
          .model(Templates)
          .find()
          .sort({ wabaId: 1, name: 1, language: 1 })
          .lean<TemplateRow[]>()
          .exec(),
      );
      output.many(
        rows.map(({ _id: templateId, wabaId, name, language, category, status, quality = '', syncedAt }) => ({
          templateId,
          wabaId,
          name,
          language,
          category,
          status,
          quality,
          syncedAt,
        })),
        {
          columns: ['name', 'language', 'category', 'status', 'quality', 'wabaId', 'syncedAt'],
          empty: 'No templates yet: whatsper template sync --tenant …',
        },
      );
    },
  );
}
