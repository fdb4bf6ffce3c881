/** Commands about items that need a person. An operator sees what is needed to decide, never what was said. */
import { type Command, InvalidArgumentError, Option } from 'commander';

import type { Context } from '../context.ts';
import {
  type DeadLetterPlace,
  type DeadLetterSummary,
  discardDeadLetter,
  findDeadLetter,
  listDeadLetters,
  openItem,
} from '../lanes/dead-letters.ts';
import type { DeadLetterRow } from '../lanes/model.ts';
import { replayDeadLetter, replayDeadLetters } from '../lanes/retry.ts';
import { shapeOf } from '../lanes/shape.ts';
import { Reject } from '../ops/errors.ts';
import { ErasedError } from '../store/keyring.ts';
import type { Bind, Call } from './bind.ts';
import { filtered, type FilterOptions, hasFilter, readFilter } from './dead-letter-filter.ts';
import { wholeNumber } from './values.ts';

export function deadLetterCommands(root: Command, bind: Bind): void {
  const letters = root.command('dead-letters').description('items that need a person');
  bind<FilterOptions & { limit: number; cursor?: DeadLetterPlace }>(
    filtered(letters.command('list'))
      .description('those received last come first')
      .option('--limit <n>', 'how many at most', wholeNumber, 50)
      .addOption(new Option('--cursor <cursor>', 'goes on where a page ended').argParser(placeOf)),
    async (call) => {
      const { limit, cursor } = call.options;
      const rows = await listDeadLetters(call.ctx, await readFilter(call), limit + 1, cursor);
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      call.output.many(page.map(summary), {
        columns: ['id', 'reason', 'kind', 'tenantId', 'phoneNumberId', 'attempts', 'receivedAt', 'parkedAt'],
        empty: 'No dead letters.',
        nextCursor: rows.length > limit && last ? cursorAfter(last) : null,
      });
    },
  );
  bind(
    letters
      .command('show')
      .description('one of them: names of fields, types and lengths, no content')
      .argument('<id>'),
    async ({ ctx, output, args: [id = ''] }) => output.one(await shown(ctx, await findDeadLetter(ctx, id))),
  );
  bind<FilterOptions & { all?: true }>(
    filtered(letters.command('replay').alias('retry').argument('[ids...]'))
      .description('put these, or all that fit, back into their lanes')
      .option('--all', 'every dead letter'),
    async (call) => {
      const done = await replay(call);
      call.output.one(done, 'They are back in their lanes; what fails again is parked again.');
    },
  );
  bind<{ reason: string }>(
    letters
      .command('discard')
      .description('remove one for good')
      .argument('<id>')
      .requiredOption('--reason <why>', 'kept in the log: no names, numbers or content', whyGone),
    async ({ ctx, output, options: { reason }, args: [id = ''] }) => {
      await discardDeadLetter(ctx, id, reason);
      output.one({ id, discarded: true });
    },
  );
}

async function replay(call: Call<FilterOptions & { all?: true }>): Promise<Record<string, number>> {
  const { ctx, args: ids, options, terminal } = call;
  const ways = [ids.length > 0, hasFilter(options), options.all === true].filter(Boolean).length;
  if (ways !== 1) {
    const detail =
      'Say which: either ids, or filters (--reason, --tenant, --phone-number-id, --person, --from, --to), or --all.';
    throw new Reject(422, 'invalid-request', detail);
  }
  if (ids.length > 0) {
    for (const id of ids) await replayDeadLetter(ctx, id);
    return { replayed: ids.length };
  }
  let told = 0;
  const onProgress = (done: number) => {
    if (done - told < 1_000) return;
    told = done;
    terminal.err(`${done} are back in their lanes …`);
  };
  const { replayed, skipped } = await replayDeadLetters(ctx, await readFilter(call), { onProgress });
  if (skipped > 0) terminal.err(`${skipped} could not be opened and stay: their content is erased.`);
  return { replayed };
}

/** What an operator without a grant may see. */
async function shown(ctx: Context, row: DeadLetterRow) {
  return { ...summary(row), bytes: row.bytes ?? row.item.length, structure: await structureOf(ctx, row) };
}

async function structureOf(ctx: Context, row: DeadLetterRow): Promise<string[]> {
  try {
    return shapeOf((await openItem(ctx, row)).body);
  } catch (error) {
    if (error instanceof ErasedError) return ['erased'];
    throw error;
  }
}

function summary({ _id: id, ...row }: DeadLetterSummary) {
  const { reason, kind, detail, tenantId, phoneNumberId, wabaId, app } = row;
  const { attempts, retries, receivedAt, parkedAt, expiresAt } = row;
  return {
    id,
    reason,
    kind,
    detail,
    tenantId: tenantId ?? null,
    phoneNumberId: phoneNumberId ?? null,
    wabaId: wabaId ?? null,
    app,
    attempts,
    retries: retries ?? 0,
    receivedAt,
    parkedAt,
    expiresAt: expiresAt ?? null,
  };
}

function cursorAfter({ receivedAt, _id }: DeadLetterPlace): string {
  return Buffer.from(JSON.stringify([receivedAt.getTime(), _id])).toString('base64url');
}

function placeOf(cursor: string): DeadLetterPlace {
  const [, at, id] = /^\[(\d{1,15}),"(\w+)"\]$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (at === undefined || id === undefined) {
    throw new InvalidArgumentError('It must be one that list printed.');
  }
  return { receivedAt: new Date(Number(at)), _id: id };
}

/** The log shows it, so what looks like a number, an address or an id of a message is refused. */
function whyGone(text: string): string {
  if (text.length <= 200 && !/\d{5}|@|wamid/i.test(text)) return text;
  throw new InvalidArgumentError('It must have at most 200 characters and no numbers or addresses.');
}
