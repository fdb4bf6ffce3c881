/** `whatsper timeline`: what happened to a message, steps and clocks only. */
import type { Command } from 'commander';

import type { Context } from '../context.ts';
import { Messages } from '../conversations/model.ts';
import { notFound, Reject } from '../ops/errors.ts';
import { findTimelines, type Timeline } from '../outbox/timeline.ts';
import { asOperator } from '../store/scope.ts';
import { type RouteRow, Routes } from '../tenants/model.ts';
import type { Bind, Call } from './bind.ts';

interface Options {
  wamid?: string;
  callbackId?: string;
  tenant?: string;
  phoneNumberId?: string;
}

export function timelineCommand(root: Command, bind: Bind): void {
  bind<Options>(
    root
      .command('timeline')
      .description('what happened to a message: every step with its time, no content')
      .argument('[message id]')
      .option(
        '--wamid <id>',
        'WhatsApp’s id of it; - reads it from standard input, since it holds the number',
      )
      .option('--callback-id <id>', 'its biz_opaque_callback_data; - reads it from standard input')
      .option(
        '--tenant <id>',
        'whose it is; needed with --wamid and --callback-id, unless the number is given',
      )
      .option('--phone-number-id <id>', 'instead of the tenant: the number that it went through'),
    async (call) => {
      const timelines = await find(call);
      call.output.many(timelines.flatMap(lines), { columns: ['at', 'step', 'detail', 'messageId'] });
    },
  );
}

async function find({ ctx, options, args: [messageId], terminal }: Call<Options>): Promise<Timeline[]> {
  const { wamid, callbackId, tenant, phoneNumberId } = options;
  if ([messageId, wamid, callbackId].filter((name) => name !== undefined).length !== 1) {
    throw new Reject(422, 'invalid-request', 'Say which: a message id, or --wamid, or --callback-id.');
  }
  const input = async (value: string | undefined) =>
    value === '-' ? (await terminal.input()).trim() : value;
  const tenantId =
    tenant ?? (messageId === undefined ? await holderOf(ctx, phoneNumberId) : await ownerOf(ctx, messageId));
  return findTimelines(ctx, tenantId, {
    messageId,
    wamid: await input(wamid),
    callbackId: await input(callbackId),
  });
}

async function ownerOf(ctx: Context, messageId: string): Promise<string> {
  const row = await asOperator('timeline of a message', () =>
    ctx.store
      .model(Messages)
      .findOne({ _id: messageId }, { tenantId: 1 })
      .lean<{ tenantId: string }>()
      .exec(),
  );
  if (!row) throw notFound('message');
  return row.tenantId;
}

async function holderOf(ctx: Context, phoneNumberId: string | undefined): Promise<string> {
  if (phoneNumberId === undefined) {
    throw new Reject(422, 'invalid-request', 'Say whose it is: --tenant or --phone-number-id.');
  }
  const row = await asOperator('timeline: owner of a number', () =>
    ctx.store.model(Routes).findOne({ _id: phoneNumberId }).lean<RouteRow>().exec(),
  );
  if (!row) throw notFound('number');
  return row.tenantId;
}

function lines({ messageId, conversationId, direction, steps }: Timeline) {
  return steps.map(({ at, step, detail = {} }) => ({
    messageId,
    conversationId,
    direction,
    at,
    step,
    detail: Object.entries(detail)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}=${String(value)}`)
      .join(' '),
  }));
}
