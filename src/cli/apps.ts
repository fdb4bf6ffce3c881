/** Commands about Meta apps that sign with a secret of their own. */
import type { Command } from 'commander';

import { addApp, listApps, retireSecret, rotateSecret, setVerifyToken } from '../tenants/apps.ts';
import type { Bind } from './bind.ts';
import type { Terminal } from './output.ts';

const NAME = 'as in the webhook address, /webhooks/whatsapp/<name>';
const SOON = 'Running gateways know it within 30 seconds.';

interface AppOptions {
  name: string;
}

export function appCommands(root: Command, bind: Bind): void {
  const app = root.command('app').description('Meta apps besides the one of META_APP_SECRET');
  bind<AppOptions & { secret: string; verifyToken?: string }>(
    app
      .command('add')
      .description('make an app with its secret')
      .requiredOption('--name <name>', NAME)
      .requiredOption('--secret <secret>', 'app secret; - reads it from standard input')
      .option('--verify-token <token>', 'for the subscription handshake'),
    async ({ ctx, output, terminal, options: { name, secret, verifyToken } }) =>
      output.one(await addApp(ctx, { name, secret: await given(terminal, secret), verifyToken }), SOON),
  );
  bind(app.command('list').description('apps, without their secrets'), async ({ ctx, output }) =>
    output.many(await listApps(ctx), {
      columns: ['app', 'secrets', 'secretAddedAt', 'verifyTokens', 'tenants', 'createdAt'],
      empty: 'Only the app of META_APP_SECRET: whatsper app add --name … --secret -',
    }),
  );
  bind<AppOptions & { secret: string }>(
    app
      .command('rotate')
      .description('give an app a new secret; the old one stays valid until it is retired')
      .requiredOption('--name <name>', NAME)
      .requiredOption('--secret <secret>', 'new app secret; - reads it from standard input'),
    async ({ ctx, output, terminal, options: { name, secret } }) =>
      output.one(
        await rotateSecret(ctx, { name, secret: await given(terminal, secret) }),
        `${SOON} When Meta signs with the new secret: whatsper app retire --name ${name}`,
      ),
  );
  bind<AppOptions>(
    app
      .command('retire')
      .description('end the secret before the newest')
      .requiredOption('--name <name>', NAME),
    async ({ ctx, output, options: { name } }) => output.one(await retireSecret(ctx, { name }), SOON),
  );
  bind<AppOptions & { token: string; tenant?: string }>(
    app
      .command('verify-token')
      .description('set the verify token of an app, or of a tenant that set a callback address of its own')
      .requiredOption('--name <name>', `${NAME}; default with --tenant: the bare address`)
      .requiredOption('--token <token>', 'verify token; - reads it from standard input')
      .option('--tenant <id>', 'whose it is'),
    async ({ ctx, output, terminal, options: { name, token, tenant: tenantId } }) =>
      output.one(
        await setVerifyToken(ctx, { name, verifyToken: await given(terminal, token), tenantId }),
        SOON,
      ),
  );
}

/** `-` stands for standard input, so that a secret need not stand in the list of processes. */
async function given(terminal: Terminal, value: string): Promise<string> {
  return value === '-' ? (await terminal.input()).trim() : value;
}
