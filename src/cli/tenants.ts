/** Commands about tenants, their keys and endpoints; their numbers: channels.ts. */
import type { Command } from 'commander';

import { addEndpoint, listEndpoints } from '../endpoints/endpoints.ts';
import { createTenant, listTenants } from '../tenants/tenants.ts';
import { apiKeyCommands } from './api-keys.ts';
import type { Bind } from './bind.ts';
import { channelCommands } from './channels.ts';
import { accountCommands, inviteNewOwner, userCommands, withReachability } from './users.ts';

const ONCE = 'is shown only this once: keep it now.';

interface OfTenant {
  tenant: string;
}

export function tenantCommands(root: Command, bind: Bind): void {
  const tenant = root.command('tenant').description('businesses of this installation');
  bind<{ name: string; email: string }>(
    tenant
      .command('create')
      .description('make a tenant')
      .requiredOption('--name <name>', 'name of the business')
      .requiredOption('--email <address>', 'owner, who completes the account at the first sign-in'),
    async ({ ctx, output, options: { name, email } }) => {
      const made = await createTenant(ctx, { name, email });
      output.one(made, await inviteNewOwner(ctx, made.tenantId));
    },
  );
  bind(tenant.command('list').description('all tenants'), async ({ ctx, output }) =>
    output.many(await withReachability(ctx, await listTenants(ctx)), {
      columns: ['tenantId', 'accountNumber', 'name', 'email', 'status', 'emergencyReachable', 'createdAt'],
      empty: 'No tenants yet: whatsper tenant create --name … --email …',
    }),
  );
  accountCommands(tenant, bind);
  userCommands(root, bind);
  channelCommands(root, bind);
  apiKeyCommands(root, bind);
  endpointCommands(root, bind);
}

function endpointCommands(root: Command, bind: Bind): void {
  const endpoint = root.command('endpoint').description('addresses that receive a tenant’s events');
  bind<OfTenant & { url: string }>(
    endpoint
      .command('add')
      .description('add an endpoint; its secret is shown once')
      .requiredOption('--tenant <id>', 'its id')
      .requiredOption('--url <url>', 'https address; http only on this machine'),
    async ({ ctx, output, options: { tenant: tenantId, url } }) =>
      output.one(
        await addEndpoint(ctx, { tenantId, url }),
        `Each event is signed with the secret (Standard Webhooks), which ${ONCE}`,
      ),
  );
  bind<OfTenant>(
    endpoint.command('list').description('endpoints of a tenant').requiredOption('--tenant <id>', 'its id'),
    async ({ ctx, output, options }) =>
      output.many(await listEndpoints(ctx, options.tenant), {
        columns: ['endpointId', 'url', 'events', 'status', 'createdAt'],
        empty: 'No endpoints yet: whatsper endpoint add --tenant … --url https://…',
      }),
  );
}
