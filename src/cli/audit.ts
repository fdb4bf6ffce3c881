/** Commands about the audit log. Its entries hold ids and no content; that an operator read them stands in it, too. */
import { readFile } from 'node:fs/promises';

import type { Command } from 'commander';

import { audit } from '../audit/audit.ts';
import { chainsOf, verifyChain } from '../audit/integrity.ts';
import { INSTALLATION } from '../audit/model.ts';
import { linesPlace, openPlaces } from '../audit/places.ts';
import { entryView, listEntries, wholeChain } from '../audit/read.ts';
import { CheckpointSigner } from '../audit/signer.ts';
import { isFault } from '../audit/verifier.ts';
import { SafeError } from '../ops/log.ts';
import { asOperator } from '../store/scope.ts';
import { findTenant } from '../tenants/tenants.ts';
import { cliActor } from './actor.ts';
import type { Bind, Call } from './bind.ts';
import { time, wholeNumber } from './values.ts';

interface OfChain {
  tenant?: string;
}

interface ListOptions extends OfChain {
  limit: number;
  from?: Date;
  to?: Date;
  actor?: string;
  action?: string;
  object?: string;
}

export function auditCommands(root: Command, bind: Bind): void {
  const log = root.command('audit').description('who did what, and whether the log of it is whole');
  bind<OfChain & { checkpoints?: string }>(
    ofChain(log.command('verify'))
      .description('check the chains against their signed checkpoints')
      .option('--checkpoints <file>', 'further checkpoints, one a line, as mails have them'),
    verify,
  );
  bind<ListOptions>(
    ofChain(log.command('list'))
      .description('newest first')
      .option('--limit <n>', 'how many at most', wholeNumber, 50)
      .option('--from <time>', 'at or after, ISO 8601', time)
      .option('--to <time>', 'before, ISO 8601', time)
      .option('--actor <actor>', 'user:…, key:…, operator:…')
      .option('--action <action>', 'or with a dot at its end all that begin so')
      .option('--object <id>', 'what it was done to'),
    list,
  );
  bind<OfChain>(
    ofChain(log.command('export')).description('the whole chain as JSON lines, oldest first'),
    exportChain,
  );
  bind(
    log.command('key').description('public keys of the checkpoints, for who checks them elsewhere'),
    async ({ ctx, output }) =>
      output.many(new CheckpointSigner(ctx.master).publicKeys(), { columns: ['keyId', 'pem'] }),
  );
}

function ofChain(command: Command): Command {
  return command.option('--tenant <id>', 'of this tenant; without it the installation’s own');
}

/** Without a tenant all chains. @throws SafeError when one is not as it was written */
async function verify({ ctx, output, options }: Call<OfChain & { checkpoints?: string }>): Promise<void> {
  const places = await openPlaces(ctx.settings);
  const file = options.checkpoints;
  if (file !== undefined) places.push(linesPlace(await readFile(file, 'utf8')));
  try {
    const chains = options.tenant === undefined ? await chainsOf(ctx) : [await chainOf(ctx, options)];
    const results = [];
    for (const chain of chains) {
      const { faults, ...result } = await verifyChain(ctx, places, chain);
      results.push({ chain, ...result, faults: faults.map(({ verdict, seq }) => `${verdict} at ${seq}`) });
    }
    output.many(results, {
      columns: [
        'chain',
        'verdict',
        'entries',
        'lastSeq',
        'checkpointSeq',
        'checkpoints',
        'unknownKeys',
        'faults',
      ],
    });
    const faulty = results.filter(isFault);
    if (faulty.length > 0) {
      const named = faulty.map(({ chain, verdict }) => `${chain} (${verdict})`).join(', ');
      throw new SafeError(`Not as it was written: ${named}. See docs/audit.md for what to do.`);
    }
  } finally {
    for (const place of places) place.close();
  }
}

async function list({ ctx, output, options }: Call<ListOptions>): Promise<void> {
  const { limit, from, to, actor, action, object } = options;
  const chain = await chainOf(ctx, options);
  await told(ctx, chain, 'audit.viewed');
  const filter = { from: from?.toISOString(), to: to?.toISOString(), actor, action, object };
  const rows = await asOperator('audit: list', () => listEntries(ctx, chain, filter, { limit }));
  output.many(
    rows.map((row) => ({ ...entryView(row), details: JSON.stringify(row.details ?? {}) })),
    { columns: ['seq', 'at', 'actor', 'action', 'outcome', 'objects', 'reason'], empty: 'No entries.' },
  );
}

async function exportChain({ ctx, terminal, options }: Call<OfChain>): Promise<void> {
  const chain = await chainOf(ctx, options);
  await told(ctx, chain, 'audit.exported');
  for await (const rows of wholeChain(ctx, chain)) {
    for (const row of rows) terminal.out(JSON.stringify({ ...entryView(row), tenantId: chain }));
  }
}

/** @throws Reject (404) for an unknown tenant */
async function chainOf(ctx: Call<OfChain>['ctx'], { tenant }: OfChain): Promise<string> {
  if (tenant === undefined || tenant === INSTALLATION) return INSTALLATION;
  return (await findTenant(ctx, tenant)).tenantId;
}

async function told(ctx: Call<OfChain>['ctx'], chain: string, action: string): Promise<void> {
  const tenantId = chain === INSTALLATION ? null : chain;
  await audit(ctx, { tenantId, actor: cliActor(), action, outcome: 'allowed' });
}
