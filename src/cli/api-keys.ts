/** `whatsper key`: API keys of a tenant. The keys of the encryption are another matter: `whatsper keys`. */
import { type Command, InvalidArgumentError } from 'commander';

import { rotateApiKey } from '../tenants/key-changes.ts';
import { createApiKey, listApiKeys, revokeApiKey } from '../tenants/keys.ts';
import { SCOPES } from '../tenants/permissions.ts';
import { cliActor } from './actor.ts';
import type { Bind } from './bind.ts';

const ONCE = 'is shown only this once: keep it now.';

interface OfTenant {
  tenant: string;
}

export function apiKeyCommands(root: Command, bind: Bind): void {
  const key = root.command('key').description('API keys of a tenant');
  bind<OfTenant & { scopes: string[]; name?: string; expiresDays?: number }>(
    key
      .command('create')
      .description('make a key; it is shown once')
      .requiredOption('--tenant <id>', 'its id')
      .requiredOption('--scopes <a,b>', `of ${SCOPES.join(', ')}`, words)
      .option('--name <name>', 'what the key is for')
      .option('--expires-days <n>', 'it ends after so many days; without it, it does not end', number),
    async ({ ctx, output, options: { tenant: tenantId, scopes, name, expiresDays } }) =>
      output.one(
        await createApiKey(ctx, { tenantId, scopes, name, expiresDays }, cliActor()),
        `The key ${ONCE}`,
      ),
  );
  bind<OfTenant>(
    key
      .command('list')
      .description('keys of a tenant, revoked ones too')
      .requiredOption('--tenant <id>', 'its id'),
    async ({ ctx, output, options }) =>
      output.many(await listApiKeys(ctx, options.tenant), {
        columns: ['keyId', 'name', 'scopes', 'createdAt', 'lastUsedAt', 'expiresAt', 'revokedAt'],
        empty: 'No keys yet: whatsper key create --tenant … --scopes …',
      }),
  );
  bind<OfTenant>(
    key
      .command('revoke')
      .description('end a key at once')
      .argument('<key id>')
      .requiredOption('--tenant <id>', 'its id'),
    async ({ ctx, output, options: { tenant: tenantId }, args: [keyId = ''] }) =>
      output.one(await revokeApiKey(ctx, { tenantId, keyId }, cliActor())),
  );
  bind<OfTenant & { key: string; overlapHours?: number; expiresDays?: number }>(
    key
      .command('rotate')
      .description('give a key another secret; it is shown once, and the one before works for a while')
      .requiredOption('--tenant <id>', 'its id')
      .requiredOption('--key <id>', 'the key’s id')
      .option('--overlap-hours <n>', '0 to 168 hours for which the old secret works too (default 24)', number)
      .option('--expires-days <n>', 'it ends after so many days; without it, as long as before', number),
    async ({ ctx, output, options: { tenant: tenantId, key: keyId, overlapHours, expiresDays } }) => {
      const asked = { overlapHours, expiresDays };
      output.one(await rotateApiKey(ctx, { tenantId, keyId }, asked, cliActor()), `The key ${ONCE}`);
    },
  );
}

function number(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}

function words(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
