/**
 * `whatsper`: everything an operator does. Exit codes: 0 done; 1 a server is away or something of ours failed;
 * 2 the command or its input can't be; 3 no such thing.
 */
import { Command, CommanderError, InvalidArgumentError } from 'commander';

import { SettingsError } from '../config/settings.ts';
import * as commands from './cli/commands.ts';
import { Output, type Terminal } from './cli/output.ts';
import type { Context } from './context.ts';
import type { ParkReason } from './lanes/model.ts';
import { Reject } from './ops/errors.ts';
import { createLogger, SafeError } from './ops/log.ts';
import { openContext } from './start.ts';
import { isAway } from './store/errors.ts';

const EXIT = { done: 0, failed: 1, refused: 2, notFound: 3 } as const;

const HELP = `
Every command takes --json: one JSON document on standard output.
Exit codes: 0 done; 1 a server is away or something failed here; 2 wrong use or refused input; 3 no such thing.
Servers and keys come from the environment, as for the gateway: whatsper config`;

type Environment = Record<string, string | undefined>;
/** What commander hands over, by command; what a command requires is there. */
interface Options {
  tenant: string;
  name: string;
  email: string;
  scopes: string[];
  url: string;
  reason: ParkReason;
  limit: number;
  all?: true;
  phoneNumberId: string;
  wabaId: string;
  displayNumber: string;
  token: string;
  app?: string;
}
type Run = (ctx: Context, output: Output) => Promise<void>;

/** How commands get their context; tests pass one of their own. */
export type WithContext = (run: (ctx: Context) => Promise<void>) => Promise<void>;

/** Runs one command. @returns its exit code. */
export async function main(
  args: string[],
  environment: Environment,
  terminal: Terminal = processTerminal,
  withContext: WithContext = openedFrom(environment, terminal),
): Promise<number> {
  try {
    await program(environment, terminal, withContext).parseAsync(args, { from: 'user' });
    return EXIT.done;
  } catch (error) {
    return explain(error, terminal);
  }
}

const processTerminal: Terminal = {
  out: (text) => process.stdout.write(`${text}\n`),
  err: (text) => process.stderr.write(`${text}\n`),
};

/** Opens servers as the gateway does, or finds those of a running one. */
function openedFrom(environment: Environment, terminal: Terminal): WithContext {
  return async (run) => {
    const log = createLogger(environment.LOG_LEVEL ?? 'silent');
    const { ctx, close } = await openContext(environment, { log, onProgress: (line) => terminal.err(line) });
    try {
      await run(ctx);
    } finally {
      await close();
    }
  };
}

function program(environment: Environment, terminal: Terminal, withContext: WithContext): Command {
  const root = new Command('whatsper')
    .description('The operator’s command of a WHATSPER installation.')
    .addHelpText('after', HELP);
  root.exitOverride().configureOutput({
    writeOut: (text) => terminal.out(text.trimEnd()),
    writeErr: (text) => terminal.err(text.trimEnd()),
  });
  const outputOf = (command: Command) =>
    new Output(terminal, command.opts<{ json?: boolean }>().json === true);
  const bind = (command: Command, run: (options: Options, args: string[]) => Run) =>
    inherit(command, root)
      .option('--json', 'print one JSON document')
      .action(async () => {
        await withContext((ctx) => run(command.opts(), command.args)(ctx, outputOf(command)));
      });

  const tenant = inherit(root.command('tenant').description('businesses of this installation'), root);
  bind(
    tenant
      .command('create')
      .description('make a tenant')
      .requiredOption('--name <name>')
      .requiredOption('--email <owner>'),
    ({ name, email }) =>
      (ctx, output) =>
        commands.tenantCreate(ctx, output, { name, email }),
  );
  bind(tenant.command('list').description('all tenants'), () => commands.tenantList);

  const channel = inherit(root.command('channel').description('WhatsApp numbers of a tenant'), root);
  bind(
    channel
      .command('add')
      .description('give a number to a tenant, or renew what is known of it')
      .requiredOption('--tenant <id>')
      .requiredOption('--phone-number-id <id>')
      .requiredOption('--waba-id <id>')
      .requiredOption('--display-number <number>')
      .requiredOption('--token <token>')
      .option('--name <name>')
      .option('--app <app>', 'Meta app, as in its webhook address'),
    ({ tenant: tenantId, ...options }) =>
      (ctx, output) =>
        commands.channelAdd(ctx, output, {
          ...channelOf(options),
          tenantId,
        }),
  );
  bind(
    channel.command('list').requiredOption('--tenant <id>'),
    ({ tenant: tenantId }) =>
      (ctx, output) =>
        commands.channelList(ctx, output, { tenantId }),
  );

  const key = inherit(root.command('key').description('API keys of a tenant'), root);
  bind(
    key
      .command('create')
      .description('make a key; it is shown once')
      .requiredOption('--tenant <id>')
      .requiredOption('--scopes <a,b>', 'for example conversations:read,messages:read,messages:send', words)
      .option('--name <name>'),
    ({ tenant: tenantId, scopes, name }) =>
      (ctx, output) =>
        commands.keyCreate(ctx, output, { tenantId, scopes, ...(name === undefined ? {} : { name }) }),
  );
  bind(
    key.command('list').requiredOption('--tenant <id>'),
    ({ tenant: tenantId }) =>
      (ctx, output) =>
        commands.keyList(ctx, output, { tenantId }),
  );
  bind(
    key.command('revoke').argument('<key id>').requiredOption('--tenant <id>'),
    ({ tenant: tenantId }, [id = '']) =>
      (ctx, output) =>
        commands.keyRevoke(ctx, output, { tenantId, id }),
  );

  const endpoint = inherit(
    root.command('endpoint').description('addresses that receive a tenant’s events'),
    root,
  );
  bind(
    endpoint.command('add').requiredOption('--tenant <id>').requiredOption('--url <url>'),
    ({ tenant: tenantId, url }) =>
      (ctx, output) =>
        commands.endpointAdd(ctx, output, { tenantId, url }),
  );
  bind(
    endpoint.command('list').requiredOption('--tenant <id>'),
    ({ tenant: tenantId }) =>
      (ctx, output) =>
        commands.endpointList(ctx, output, { tenantId }),
  );

  const letters = inherit(root.command('dead-letters').description('items that need a person'), root);
  bind(
    filters(letters.command('list')).option('--limit <n>', 'newest first', wholeNumber, 50),
    ({ limit, ...options }) =>
      (ctx, output) =>
        commands.deadLettersList(ctx, output, { ...filterOf(options), limit }),
  );
  bind(
    letters.command('show').argument('<id>'),
    (_options, [id = '']) =>
      (ctx, output) =>
        commands.deadLettersShow(ctx, output, id),
  );
  bind(
    filters(letters.command('replay').argument('[ids...]')).option('--all', 'every dead letter'),
    ({ all, ...options }, ids) =>
      (ctx, output) =>
        commands.deadLettersReplay(ctx, output, { ...filterOf(options), ids, all: all === true }),
  );
  bind(
    letters.command('discard').argument('<id>').requiredOption('--reason <why>', 'kept in the log'),
    ({ reason }, [id = '']) =>
      (ctx, output) =>
        commands.deadLettersDiscard(ctx, output, id, reason),
  );

  bind(root.command('status').description('queues, ages, dead letters, servers'), () => commands.status);
  const config = inherit(
    root.command('config').description('the effective settings, secrets masked'),
    root,
  ).option('--json', 'print one JSON document');
  config.action(() => commands.config(outputOf(config), environment));
  return root;
}

/** Sub-commands throw and write like their root, and refuse words they do not know. */
function inherit(command: Command, root: Command): Command {
  return command.copyInheritedSettings(root).exitOverride();
}

function filters(command: Command): Command {
  return command
    .option('--reason <reason>', 'unrouted, mismatch, unreadable, unknown-field or failed')
    .option('--tenant <id>')
    .option('--phone-number-id <id>');
}

function filterOf(options: Partial<Options>) {
  const { reason, tenant: tenantId, phoneNumberId } = options;
  return { reason, tenantId, phoneNumberId };
}

function channelOf({ name, app, phoneNumberId, wabaId, displayNumber, token }: Partial<Options>) {
  const required = { phoneNumberId, wabaId, displayNumber, token } as Pick<
    Options,
    'phoneNumberId' | 'wabaId' | 'displayNumber' | 'token'
  >;
  return { ...required, name, app };
}

const words = (text: string) =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1_000)
    throw new InvalidArgumentError('It must be a whole number from 1 to 1000.');
  return value;
}

function explain(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.refused;
  if (error instanceof Reject) {
    terminal.err(error.message);
    return error.status === 404 ? EXIT.notFound : EXIT.refused;
  }
  if (error instanceof SettingsError) {
    terminal.err(error.message);
    return EXIT.refused;
  }
  if (isAway(error)) terminal.err('MongoDB does not answer; is MONGODB_URI right and the server running?');
  else if (error instanceof SafeError) terminal.err(error.message);
  else
    terminal.err(
      `It failed: ${error instanceof Error ? `${error.name}: ${error.message}` : 'for an unknown reason'}`,
    );
  return EXIT.failed;
}
