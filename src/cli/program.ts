/** The words of `whatsper` and what they run. */
import { Command } from 'commander';

import { effectiveSettings, readSettings } from '../../config/settings.ts';
import type { Context } from '../context.ts';
import { accessCommands } from './access.ts';
import { appCommands } from './apps.ts';
import { auditCommands } from './audit.ts';
import { auditedCommand } from './audited.ts';
import type { Bind, Call } from './bind.ts';
import { deadLetterCommands } from './dead-letters.ts';
import { derivedCommands } from './derived.ts';
import { egressOf } from './egress.ts';
import { keyringCommands } from './keys.ts';
import { operatorCommands } from './operators.ts';
import { Output, type Terminal } from './output.ts';
import { showStatus } from './status.ts';
import { templateCommands } from './templates.ts';
import { tenantCommands } from './tenants.ts';
import { timelineCommand } from './timeline.ts';

const HELP = `
Every command takes --json: one JSON document on standard output, whose fields stay.
Exit codes: 0 done; 1 a server is away or something failed here; 2 wrong use, settings or refused input; 3 no such thing.
Servers and keys come from the environment, as for the gateway: see whatsper config.`;

/** Runs work on the opened servers and closes them. */
export type WithContext = (run: (ctx: Context) => Promise<void>) => Promise<void>;

interface Door {
  environment: Record<string, string | undefined>;
  terminal: Terminal;
  withContext: WithContext;
}

export function program({ environment, terminal, withContext }: Door): Command {
  const root = new Command('whatsper')
    .description('The operator’s command of a WHATSPER installation.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    })
    .addHelpText('after', HELP);
  const outputFor = (command: Command) => new Output(terminal, command.opts<{ json?: true }>().json === true);

  const bind: Bind = <Options>(command: Command, work: (call: Call<Options>) => Promise<void>) => {
    command.option('--json', 'print one JSON document').action(() =>
      withContext((ctx) => {
        const { args } = command;
        const call = {
          ctx,
          output: outputFor(command),
          terminal,
          options: command.opts<object>() as Options,
          args,
        };
        return auditedCommand(ctx, command, () => work(call));
      }),
    );
  };
  tenantCommands(root, bind);
  appCommands(root, bind);
  deadLetterCommands(root, bind);
  auditCommands(root, bind);
  templateCommands(root, bind);
  keyringCommands(root, bind);
  derivedCommands(root, bind);
  operatorCommands(root, bind);
  accessCommands(root, bind);
  timelineCommand(root, bind);
  bind(
    root.command('status').description('servers, queues, ages of what waits, dead letters'),
    ({ ctx, output }) => showStatus(ctx, output),
  );
  const config = root.command('config').description('the effective settings, secrets masked');
  config.option('--json', 'print one JSON document').action(() => {
    outputFor(config).many(effectiveSettings(environment), { columns: ['name', 'value', 'source'] });
  });
  const egress = config
    .command('egress')
    .description('where this installation calls out to: the allow-list of a firewall');
  egress.option('--json', 'print one JSON document').action(() => {
    const { json } = egress.optsWithGlobals<{ json?: true }>(); // `config` takes it first
    new Output(terminal, json === true).many(egressOf(readSettings(environment)), {
      columns: ['host', 'port', 'why'],
    });
  });
  return root;
}
