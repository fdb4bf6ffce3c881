/** Commands about the keys that encrypt what is stored. */
import type { Command } from 'commander';

import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { countParked, resealParked } from '../lanes/reseal.ts';
import type { TenantKey } from '../store/keyring.ts';
import { keysOfApps, resealApps } from '../tenants/apps.ts';
import { cliActor } from './actor.ts';
import type { Bind } from './bind.ts';

const PAGE = 500;
const DAY_MS = 86_400_000;

export function keyringCommands(root: Command, bind: Bind): void {
  const keys = root.command('keys').description('keys that encrypt what is stored');
  bind(
    keys.command('list').description('the installation’s keys and what each still opens; each tenant’s key'),
    async ({ ctx, output }) => {
      const tenants = await allTenantKeys(ctx);
      output.parts({ installation: await installationKeys(ctx, tenants), tenants: tenants.map(shown(ctx)) });
    },
  );
  bind(
    keys
      .command('rotate')
      .description('put everything under the first key of MASTER_KEY, so that the others can go'),
    async ({ ctx, output, terminal }) => {
      const [masterKey = ''] = ctx.master.names;
      await audit(ctx, {
        tenantId: null,
        actor: cliActor(),
        action: 'keys.rotated',
        outcome: 'allowed',
        details: { masterKey },
      });
      const onProgress = (done: number) => terminal.err(`${done} keys of tenants wrapped anew …`);
      const tenantKeys = await ctx.store.keyring.rewrap(onProgress);
      const apps = await resealApps(ctx);
      const deadLetters = await resealParked(ctx);
      ctx.log.info({ part: 'keys', count: tenantKeys }, 'keys.rotated');
      output.one(
        { masterKey, tenantKeys, apps, deadLetters },
        'The older keys still open what waits in Redis and in spools: take them out of MASTER_KEY when nothing there is older than this rotation (whatsper status), and keep them as long as a backup of before is kept.',
      );
    },
  );
}

async function allTenantKeys(ctx: Context): Promise<TenantKey[]> {
  const all: TenantKey[] = [];
  for (;;) {
    const page = await ctx.store.keyring.tenantKeys(all.at(-1)?.keyId, PAGE);
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

async function installationKeys(ctx: Context, tenants: TenantKey[]) {
  const [apps, parked] = await Promise.all([keysOfApps(ctx), countParked(ctx)]);
  return ctx.master.names.map((name, index) => ({
    masterKey: name,
    use: index === 0 ? 'seals what is new' : 'opens what is older',
    tenantKeys: tenants.filter(({ wrappedBy }) => wrappedBy === index).length,
    apps: apps.filter((by) => by === index).length,
    deadLetters: parked.byKey[index] ?? 0,
  }));
}

const shown =
  (ctx: Context) =>
  ({ tenantId, keyId, createdAt, wrappedBy }: TenantKey) => ({
    tenantId,
    keyId,
    createdAt,
    ageDays: Math.floor((ctx.clock.now() - createdAt.getTime()) / DAY_MS),
    wrappedBy: wrappedBy === undefined ? 'a key that is not here' : (ctx.master.names[wrappedBy] ?? ''),
  });
