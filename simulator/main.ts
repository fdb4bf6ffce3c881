import { readFileSync } from 'node:fs';

import { Command } from 'commander';
import pino from 'pino';

import { demoNumbers, demoPeople, demoTemplates } from './demo.ts';
import { startSimulator } from './index.ts';
import type { SimulatorOptions } from './settings.ts';

const HELP = `
Settings come from flags, then the environment (SIMULATOR_PORT, SIMULATOR_WEBHOOK_URL, META_APP_SECRET, META_VERIFY_TOKEN),
then the JSON file, then defaults. The app secret and the verify token must be those of the gateway.`;

interface Flags {
  port?: string;
  host?: string;
  webhookUrl?: string;
}

function readFile(path: string | undefined): Record<string, unknown> {
  if (path === undefined) return {};
  const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new Error(`${path} must hold a JSON object with the simulator's settings.`);
}

const given = (values: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== ''));

function settingsOf(
  file: string | undefined,
  flags: Flags,
  environment: NodeJS.ProcessEnv,
): Record<string, unknown> {
  const fromFile = readFile(file);
  const port = flags.port ?? environment['SIMULATOR_PORT'];
  return {
    port: 3001,
    webhookUrl: 'http://127.0.0.1:3000/webhooks/whatsapp',
    numbers: demoNumbers,
    people: demoPeople,
    approvedTemplates: 'numbers' in fromFile ? [] : demoTemplates,
    ...fromFile,
    ...given({
      port: port === undefined || port === '' ? undefined : Number(port),
      host: flags.host,
      webhookUrl: flags.webhookUrl ?? environment['SIMULATOR_WEBHOOK_URL'],
      // During a rotation the gateway knows several secrets; Meta signs with one.
      appSecret: environment['META_APP_SECRET']?.split(',')[0]?.trim(),
      verifyToken: environment['META_VERIFY_TOKEN'],
    }),
  };
}

async function run(file: string | undefined, flags: Flags): Promise<void> {
  const logger = pino({ level: process.env['LOG_LEVEL'] ?? 'info' }, pino.destination(2));
  const settings = settingsOf(file, flags, process.env);
  const simulator = await startSimulator({
    ...(settings as SimulatorOptions),
    log: (line) => logger.info(line),
  });
  process.stdout.write(`${JSON.stringify({ ready: true, port: simulator.port })}\n`);
  const stop = (): void => {
    simulator.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error(error, 'The simulator did not stop cleanly.');
        process.exit(1);
      },
    );
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

const command = new Command('simulator')
  .description('A Meta for people without an account: Graph API, webhooks, and a phone in the browser.')
  .argument('[file]', 'JSON file with settings: numbers, people, delays, …')
  .option('--port <port>', 'port of Graph API, control API and phone page (3001; 0 for any free one)')
  .option('--host <host>', 'address to listen on (127.0.0.1)')
  .option('--webhook-url <url>', "the gateway's callback address")
  .addHelpText('after', HELP)
  .action(run);

try {
  await command.parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
