/**
 * What operators do by commands stands in the audit log: of the tenant that it is done to, so that the tenant sees it,
 * else of the installation. Written before the command runs; which options were given, never what they said, but ids.
 */
import type { Command } from 'commander';

import { reasonOf } from '../audit/acts.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { DeadLetters } from '../lanes/model.ts';
import { asOperator } from '../store/scope.ts';
import { Channels, Tenants } from '../tenants/model.ts';
import { cliActor } from './actor.ts';

/** Their work writes its own entries, or they show nothing of anybody's. */
const OWN = new Set(['key', 'keys', 'operator', 'access', 'audit', 'status']);
const ID = /^[a-z]{3}_[\w-]{1,60}$/;
const MOST_OBJECTS = 100;

/** Runs a command between its entries. @throws Reject (503) when it can't be audited: then it was not done */
export async function auditedCommand(
  ctx: Context,
  command: Command,
  work: () => Promise<void>,
): Promise<void> {
  const words = wordsOf(command);
  if (OWN.has(words[0] ?? '')) return work();
  const options = command.opts<Record<string, unknown>>();
  const objects = [...command.args, ...Object.values(options)]
    .filter((value): value is string => typeof value === 'string' && ID.test(value))
    .slice(0, MOST_OBJECTS);
  const given = Object.keys(options).filter((name) => name !== 'json');
  const entry = {
    tenantId: await ownerOf(ctx, objects),
    actor: cliActor(),
    action: `command.${words.join('-')}`,
    objects,
    ...(given.length > 0 ? { details: { options: given.join(' ') } } : {}),
  };
  await audit(ctx, { ...entry, outcome: 'allowed' });
  try {
    await work();
  } catch (error) {
    await audit(ctx, { ...entry, outcome: 'failed', reason: reasonOf(error) }).catch((unwritten: unknown) => {
      ctx.log.error({ err: unwritten }, 'audit.outcome-not-written'); // that it was begun is written
    });
    throw error;
  }
}

/** `['channel', 'add']` */
function wordsOf(command: Command): string[] {
  const words: string[] = [];
  for (let one: Command | null = command; one?.parent; one = one.parent) words.unshift(one.name());
  return words;
}

/** The tenant that is named, or whose channel or dead letter is. */
async function ownerOf(ctx: Context, ids: string[]): Promise<string | null> {
  return asOperator('audit: whose thing a command names', async () => {
    for (const _id of ids) {
      const row = await rowOf(ctx, _id);
      if (row) return row;
    }
    return null;
  });
}

async function rowOf(ctx: Context, _id: string): Promise<string | undefined> {
  if (_id.startsWith('ten_')) {
    const tenant = await ctx.store.model(Tenants).exists({ _id }).exec();
    return tenant ? _id : undefined;
  }
  const collection = _id.startsWith('chn_') ? Channels : _id.startsWith('dlt_') ? DeadLetters : undefined;
  if (!collection) return undefined;
  const row = await ctx.store
    .model(collection as typeof Channels)
    .findOne({ _id }, { tenantId: 1 })
    .lean<{ tenantId?: string }>()
    .exec();
  return row?.tenantId;
}
