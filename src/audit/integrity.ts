/** Making checkpoints, and verifying chains against them. */
import type { Context } from '../context.ts';
import { keyTag } from '../lanes/leases.ts';
import { asOperator } from '../store/scope.ts';
import { Tenants } from '../tenants/model.ts';
import { mailCheckpoints } from './letter.ts';
import { AuditEntries, type AuditRow, type AuditStateRow, AuditStates, INSTALLATION } from './model.ts';
import type { CheckpointPlace } from './places.ts';
import { CheckpointSigner, readCheckpoint } from './signer.ts';
import { isFault, type Known, type Verdict, Verifier } from './verifier.ts';

/** Entries are covered by a checkpoint within the hour … */
const CHECKPOINT_AFTER_MS = 60 * 60_000;
/** … or after so many of them. */
const CHECKPOINT_EVERY = 1_000;
/** A checkpoint that was begun and not kept is begun again. */
const RETRY_AFTER_MS = 5 * 60_000;
/** Each chain is verified once a day without being asked. */
const VERIFY_EVERY_MS = 24 * 60 * 60_000;
const CHAINS_AT_ONCE = 100;
const PAGE = 500;

/** Notes, after entries were written and before they leave their lane, when a checkpoint is due. */
export async function noteDue(ctx: Context, tenantId: string, from: number, to: number): Promise<void> {
  const isMany = Math.floor(to / CHECKPOINT_EVERY) > Math.floor(from / CHECKPOINT_EVERY);
  const dueAt = new Date(ctx.clock.now() + (isMany ? 0 : CHECKPOINT_AFTER_MS));
  await changeState(ctx, tenantId, { $min: { dueAt } });
}

async function changeState(ctx: Context, tenantId: string, change: Record<string, unknown>): Promise<void> {
  const states = ctx.store.model(AuditStates);
  await states.updateOne({ _id: tenantId, tenantId }, change, { upsert: true }).exec();
}

const headsKey = ({ prefix }: Context) => `${keyTag(prefix, 'audit')}:heads`;

/**
 * Notes in Redis how far a chain has come: another store than the chain's own, so that entries that vanish before the
 * next checkpoint are missed, too. It is no proof, and may be lost.
 */
export async function noteHead(ctx: Context, tenantId: string, { seq, head }: Known): Promise<void> {
  try {
    await ctx.queueRedis.hset(headsKey(ctx), tenantId, `${seq}:${head}`);
  } catch (error) {
    ctx.log.debug({ tenantId, err: error }, 'audit.head-not-noted'); // the connection logs its outages
  }
}

async function notedHead(ctx: Context, tenantId: string): Promise<Known | undefined> {
  const [seq, head] = (await ctx.queueRedis.hget(headsKey(ctx), tenantId))?.split(':') ?? [];
  return seq === undefined || head === undefined ? undefined : { seq: Number(seq), head };
}

/** Makes the checkpoints that are due, and verifies what was not verified for a day; a chain that fails is tried again. */
export async function lookAfterChains(ctx: Context, places: CheckpointPlace[]): Promise<void> {
  const now = new Date(ctx.clock.now());
  const yesterday = new Date(now.getTime() - VERIFY_EVERY_MS);
  await asOperator('audit: checkpoints', async () => {
    const due = { $or: [{ dueAt: { $lte: now } }, { retryAt: { $lte: now } }] };
    for (const tenantId of await chainsWhere(ctx, due)) {
      await tried(ctx, tenantId, () => makeCheckpoint(ctx, places, tenantId));
    }
    await tried(ctx, INSTALLATION, () => mailCheckpoints(ctx));
    const stale = {
      $or: [
        { 'verification.at': { $lte: yesterday } },
        { verification: { $exists: false }, 'checkpoint.at': { $lte: now } },
      ],
    };
    for (const tenantId of await chainsWhere(ctx, stale)) {
      await tried(ctx, tenantId, () => verifyChain(ctx, places, tenantId));
    }
  });
}

async function chainsWhere(ctx: Context, filter: Record<string, unknown>): Promise<string[]> {
  const states = ctx.store.model(AuditStates);
  const found = await states.find(filter).limit(CHAINS_AT_ONCE).lean<AuditStateRow[]>().exec();
  return found.map(({ _id }) => _id);
}

async function tried(ctx: Context, tenantId: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    ctx.log.warn({ part: 'audit', tenantId, err: error }, 'audit.chain-not-looked-after');
  }
}

/** Signs what a chain is now, and keeps it at every place. What is appended meanwhile notes itself as due again. */
export async function makeCheckpoint(
  ctx: Context,
  places: CheckpointPlace[],
  tenantId: string,
): Promise<void> {
  const at = new Date(ctx.clock.now());
  await asOperator('audit: checkpoint', async () => {
    const retryAt = new Date(at.getTime() + RETRY_AFTER_MS);
    await changeState(ctx, tenantId, { $unset: { dueAt: 1 }, $set: { retryAt } });
    const [last] = await pageOf(ctx, tenantId, { newest: true });
    if (!last) return changeState(ctx, tenantId, { $unset: { retryAt: 1 } });
    const { seq, hash: head } = last;
    const signed = new CheckpointSigner(ctx.master).sign({ tenantId, seq, head, at: at.toISOString() });
    for (const place of places) await place.put(signed);
    await changeState(ctx, tenantId, {
      $unset: { retryAt: 1 },
      $set: { checkpoint: { seq, at, signed: JSON.stringify(signed) } },
    });
    ctx.log.info({ tenantId, count: seq }, 'audit.checkpoint');
  });
}

/** Goes through a whole chain; the result is kept for whoever asks. */
export async function verifyChain(
  ctx: Context,
  places: CheckpointPlace[],
  tenantId: string,
): Promise<Verdict & { checkpoints: number; unknownKeys: number }> {
  return asOperator('audit: verify', async () => {
    const { good, bad, unknownKeys } = await checkpointsOf(ctx, places, tenantId);
    // The note is read first: what is appended meanwhile is no longer than the chain that is read after it.
    const verifier = new Verifier(tenantId, good, await notedHead(ctx, tenantId));
    for (const seq of bad) verifier.addBadCheckpoint(seq);
    let page: AuditRow[];
    let after: { seq: number; id: string } | undefined;
    do {
      page = await pageOf(ctx, tenantId, after ? { after: after.seq, id: after.id } : {});
      page.forEach((row) => verifier.add(row));
      const last = page.at(-1);
      if (last) after = { seq: last.seq, id: last._id };
    } while (page.length === PAGE);
    const result = verifier.end();
    const at = new Date(ctx.clock.now());
    const verification = {
      at,
      verdict: result.verdict,
      entries: result.entries,
      checkpoints: good.length,
    };
    await changeState(ctx, tenantId, { $set: { verification } });
    const fields = { tenantId, outcome: result.verdict, count: result.entries };
    if (isFault(result)) ctx.log.error(fields, 'alert.audit-log-changed');
    else ctx.log.info(fields, 'audit.verified');
    return { ...result, checkpoints: good.length, unknownKeys };
  });
}

/** Every chain there is, or should be: of tenants, of whoever has entries or a state, and the installation's. */
export async function chainsOf(ctx: Context): Promise<string[]> {
  return asOperator('audit: chains', async () => {
    const tenants = await ctx.store.model(Tenants).distinct('_id').exec();
    const known = await ctx.store.model(AuditEntries).distinct('tenantId').exec();
    const noted = await ctx.queueRedis.hkeys(headsKey(ctx));
    return [...new Set([INSTALLATION, ...tenants, ...known, ...noted].map(String))].sort();
  });
}

async function checkpointsOf(ctx: Context, places: CheckpointPlace[], tenantId: string) {
  const signer = new CheckpointSigner(ctx.master);
  const good: Known[] = [];
  const bad: number[] = [];
  let unknownKeys = 0;
  for (const place of places) {
    for (const text of await place.read(tenantId)) {
      const checkpoint = readCheckpoint(text);
      const proof = checkpoint ? signer.check(checkpoint) : 'bad';
      if (proof === 'unknown-key') unknownKeys += 1;
      else if (checkpoint && proof === 'good' && checkpoint.tenantId === tenantId) good.push(checkpoint);
      else bad.push(checkpoint?.seq ?? 0);
    }
  }
  return { good, bad, unknownKeys };
}

interface Wanted {
  newest?: true;
  after?: number;
  id?: string;
}

async function pageOf(ctx: Context, tenantId: string, { newest, after, id }: Wanted): Promise<AuditRow[]> {
  // Two rows with one number can't be, unless somebody dropped the index.
  const from =
    after === undefined
      ? {}
      : id === undefined
        ? { seq: { $gt: after } }
        : { $or: [{ seq: { $gt: after } }, { seq: after, _id: { $gt: id } }] };
  const order = newest ? -1 : 1;
  return ctx.store
    .model(AuditEntries)
    .find({ tenantId, ...from })
    .sort({ seq: order, _id: order })
    .limit(newest ? 1 : PAGE)
    .lean<AuditRow[]>()
    .exec();
}
