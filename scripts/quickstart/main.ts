/** `npm run quickstart`, once everything is installed and built (scripts/quickstart.mjs sees to that). */
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';

import { demoSimulator, type DemoState, makeDemo, readDemo, writeDemo } from './demo.ts';
import { INVITED, NUMBERS, OWNER } from './demo-data.ts';
import { runOnce } from './once.ts';
import { type Stack, startStack } from './stack.ts';

const HELP = `npm run quickstart            starts everything with a demo business; Ctrl-C stops it
npm run quickstart -- --once  tries everything in a folder of its own and says what happened`;

const started = Date.now();
const tell = (line: string): void =>
  console.error(`• ${line} (${((Date.now() - started) / 1000).toFixed(1)} s)`);

/** npm hands on a Ctrl-C that the terminal has already given us: two within this time are one. */
const ONE_SIGNAL_MS = 1_000;

/** Resolves at the first Ctrl-C (or SIGTERM, or a closed terminal); a later one ends at once, and the parts with it. */
const interrupted = new Promise<'interrupted'>((resolve) => {
  let first = 0;
  const onSignal = (): void => {
    if (first !== 0 && Date.now() - first > ONE_SIGNAL_MS) process.exit(1);
    first ||= Date.now();
    resolve('interrupted');
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
});

async function main(flags: string[]): Promise<number> {
  const unknown = flags.filter((flag) => flag !== '--once');
  if (unknown.length > 0) {
    console.error(`Unknown: ${unknown.join(' ')}\n\n${HELP}`);
    return 2;
  }
  return flags.includes('--once') ? runOnce(tell, interrupted) : runDemo();
}

async function runDemo(): Promise<number> {
  const folder = join(process.env.DATA_DIR ?? './data', 'quickstart');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const dataDir = await realpath(folder);
  const demo = readDemo(dataDir);
  writeDemo(dataDir, demo);
  tell('Starting servers, gateway, workers and simulator');
  const stack = await startStack({
    dataDir,
    secrets: demo.secrets,
    ports: {
      gateway: Number(process.env.PORT ?? 3000),
      simulator: Number(process.env.SIMULATOR_PORT ?? 3001),
    },
    // The phones forget their chats at a restart, the gateway does not: it alone minds the 24-hour window.
    simulator: { ...demoSimulator(demo), window: 'off' },
    onProgress: tell,
  });
  try {
    const crashed = stack.crashed.then((child) => {
      throw new Error(
        `The ${child.name} ended by itself; everything is stopped. Its last lines:\n${child.lastLines()}`,
      );
    });
    const making = makeDemo(stack, dataDir, demo).then(() => 'made' as const);
    if ((await Promise.race([making, crashed, interrupted])) === 'made') {
      console.log(welcome(stack, demo, dataDir));
      await Promise.race([crashed, interrupted]);
    }
    tell('Stopping');
    return 0;
  } finally {
    await stack.stop();
    tell('Everything is stopped; the data stays');
  }
}

function welcome({ gatewayUrl, simulatorUrl }: Stack, demo: DemoState, dataDir: string): string {
  const { agents, owner, invitation, tenant } = demo;
  const numbers = NUMBERS.map(({ displayNumber, name }) => `  ${displayNumber}  ${name}`);
  const keys = agents.map(({ name, key }) => `  ${name.padEnd(12)}  ${key}`);
  return [
    '',
    'WHATSPER is running.',
    '',
    `  Console     ${gatewayUrl}/t/${tenant?.accountNumber ?? ''}`,
    `  A phone     ${simulatorUrl}/      write as a client`,
    `  Mail        ${gatewayUrl}/outbox  invitations, password resets`,
    `  Sign-up     ${gatewayUrl}/#/sign-up  for a business of your own`,
    `  API         ${gatewayUrl}/docs`,
    '',
    'People of the demo business',
    owner.password === null
      ? '  Owner       with the password that was set by the mailed link'
      : `  Owner       user name ${OWNER.username}, password ${owner.password}`,
    ...(invitation === undefined
      ? []
      : [
          `  Agent       user name ${INVITED.username}; the password is set once, within 7 days, at`,
          `              ${invitation}`,
        ]),
    '',
    'Its numbers',
    ...numbers,
    '',
    'Keys for programs',
    ...keys,
    '',
    `Data and logs are in ${dataDir}; remove the folder to begin anew.`,
    'Ctrl-C stops everything.',
    '',
  ].join('\n');
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
