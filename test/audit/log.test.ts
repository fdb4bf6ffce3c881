/** The audit log on the real servers: durable in its lane, each entry once, and every change to it found. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { appendRecords } from '../../src/audit/appender.ts';
import { audit, auditRecord } from '../../src/audit/audit.ts';
import { chained, ZERO_HASH } from '../../src/audit/chain.ts';
import { lookAfterChains, makeCheckpoint, verifyChain } from '../../src/audit/integrity.ts';
import {
  AuditEntries,
  type AuditRecord,
  type AuditRow,
  AuditStates,
  INSTALLATION,
} from '../../src/audit/model.ts';
import { type CheckpointPlace, linesPlace, openPlaces } from '../../src/audit/places.ts';
import { type Letter, letterPlace, type MailRow, Mails } from '../../src/mail/model.ts';
import { asOperator, withTenant } from '../../src/store/scope.ts';
import { startAudit } from '../../workers/audit.ts';
import { startS3 } from '../store/s3-double.ts';
import { ManualClock } from '../support/clock.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { until } from '../support/until.ts';

const HOUR_MS = 3_600_000;

const clock = new ManualClock();
let ctx: TestContext;
let places: CheckpointPlace[];
let workers: ReturnType<typeof startAudit>;

beforeAll(async () => {
  ctx = await testContext({ clock });
  places = await openPlaces(ctx.settings);
  workers = startAudit(ctx, ctx.queueRedis);
});

afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.close(5_000)));
  await ctx.close();
});

const rowsOf = (tenantId: string) =>
  asOperator('test', () =>
    ctx.store.model(AuditEntries).find({ tenantId }).sort({ seq: 1 }).lean<AuditRow[]>().exec(),
  );

function recordsOf(tenantId: string, count: number): AuditRecord[] {
  return Array.from({ length: count }, (_, index) =>
    auditRecord(ctx, {
      tenantId,
      actor: 'key:key_one',
      action: 'test.done',
      objects: [`obj_${index}`],
      outcome: 'allowed',
      details: { field: 'name', count: index },
    }),
  );
}

/** A chain of so many entries, with a checkpoint over all of them. */
async function chainOf(tenantId: string, count = 6): Promise<void> {
  await appendRecords(ctx, tenantId, recordsOf(tenantId, count));
  await makeCheckpoint(ctx, places, tenantId);
}

const verdictOf = async (tenantId: string) => (await verifyChain(ctx, places, tenantId)).verdict;

/** As whoever may write the database would. */
async function replace(tenantId: string, rows: AuditRow[]): Promise<void> {
  await asOperator('test: tamper', async () => {
    const entries = ctx.store.model(AuditEntries);
    await entries.deleteMany({ tenantId }).exec();
    if (rows.length > 0) await entries.insertMany(rows, { lean: true });
  });
}

/** The same entries as a chain that fits itself. */
function restamped(rows: AuditRow[]): AuditRow[] {
  let head = { seq: 0, hash: ZERO_HASH };
  return rows.map(({ _id: id, at, ...rest }) => {
    const row = chained({ ...rest, id, at: at.toISOString() }, head);
    head = row;
    return row;
  });
}

/** What `chained` is given has neither number nor hashes of its own. */
function bare(row: AuditRow): AuditRow {
  const given = Object.entries(row).filter(([name]) => !['seq', 'previous', 'hash'].includes(name));
  return Object.fromEntries(given) as unknown as AuditRow;
}

describe('the audit log', () => {
  it('row 136: numbers and chains what parallel requests write, each once', async () => {
    const acts = recordsOf('ten_parallel', 200).map(({ objects, details }) =>
      audit(ctx, {
        tenantId: 'ten_parallel',
        actor: 'key:key_one',
        action: 'test.done',
        objects,
        outcome: 'allowed',
        ...(details ? { details } : {}),
      }),
    );
    await Promise.all(acts);
    await until('all stand in the chain', async () => (await rowsOf('ten_parallel')).length === 200);
    const rows = await rowsOf('ten_parallel');
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    expect(new Set(rows.map(({ objects }) => objects[0])).size).toBe(200);
    expect(await verdictOf('ten_parallel')).toBe('log-longer-than-checkpoints');
  });

  it('writes nothing twice and skips nothing when the appender died between writing and taking out', async () => {
    const records = recordsOf('ten_redo', 3);
    await appendRecords(ctx, 'ten_redo', records.slice(0, 2));
    await appendRecords(ctx, 'ten_redo', records);
    const rows = await rowsOf('ten_redo');
    expect(rows.map(({ seq, objects }) => [seq, objects[0]])).toEqual([
      [1, 'obj_0'],
      [2, 'obj_1'],
      [3, 'obj_2'],
    ]);
  });

  it('two appenders of one chain: one writes, the other looks again', async () => {
    const records = recordsOf('ten_twins', 40);
    const attempts = await Promise.allSettled([
      appendRecords(ctx, 'ten_twins', records.slice(0, 20)),
      appendRecords(ctx, 'ten_twins', records.slice(20)),
    ]);
    expect(attempts.some(({ status }) => status === 'fulfilled')).toBe(true);
    await appendRecords(ctx, 'ten_twins', records);
    expect((await rowsOf('ten_twins')).length).toBe(40);
    expect(await verdictOf('ten_twins')).toBe('log-longer-than-checkpoints');
  });

  it('row 136: makes a checkpoint within the hour, and verifies by itself', async () => {
    await appendRecords(ctx, 'ten_hourly', recordsOf('ten_hourly', 2));
    await lookAfterChains(ctx, places);
    expect(await places[0]?.read('ten_hourly')).toEqual([]);
    clock.advance(HOUR_MS);
    await lookAfterChains(ctx, places);
    expect((await places[0]?.read('ten_hourly'))?.length).toBe(1);
    const state = await withTenant('ten_hourly', () => ctx.store.model(AuditStates).findOne().lean().exec());
    expect(state).toMatchObject({ checkpoint: { seq: 2 }, verification: { verdict: 'intact', entries: 2 } });
    clock.advance(HOUR_MS);
    await lookAfterChains(ctx, places);
    expect((await places[0]?.read('ten_hourly'))?.length).toBe(1);
  });

  it('row 136: makes a checkpoint after 1,000 entries without waiting', async () => {
    const records = recordsOf('ten_busy', 1_001);
    for (let at = 0; at < records.length; at += 250) {
      await appendRecords(ctx, 'ten_busy', records.slice(at, at + 250));
    }
    await lookAfterChains(ctx, places);
    expect((await places[0]?.read('ten_busy'))?.length).toBe(1);
    expect(await verdictOf('ten_busy')).toBe('intact');
  });
});

describe('every change to the log is found', () => {
  it('nothing changed: intact', async () => {
    await chainOf('ten_intact');
    expect(await verdictOf('ten_intact')).toBe('intact');
  });

  it('T-AUD: edit → altered', async () => {
    await chainOf('ten_edit');
    await asOperator('test: tamper', () =>
      ctx.store
        .model(AuditEntries)
        .updateOne({ tenantId: 'ten_edit', seq: 3 }, { $set: { outcome: 'refused' } })
        .exec(),
    );
    expect(await verifyChain(ctx, places, 'ten_edit')).toMatchObject({
      verdict: 'altered',
      faults: [{ verdict: 'altered', seq: 3 }],
    });
  });

  it.each(['actor', 'action', 'reason', 'requestId'])('T-AUD: edit of %s → altered', async (field) => {
    const tenantId = `ten_edit_${field}`;
    await chainOf(tenantId);
    await asOperator('test: tamper', () =>
      ctx.store
        .model(AuditEntries)
        .updateOne({ tenantId, seq: 2 }, { $set: { [field]: 'other' } })
        .exec(),
    );
    expect(await verdictOf(tenantId)).toBe('altered');
  });

  it('T-AUD: drop middle → missing-in-the-middle', async () => {
    await chainOf('ten_middle');
    const rows = await rowsOf('ten_middle');
    await replace(
      'ten_middle',
      rows.filter(({ seq }) => seq !== 3),
    );
    const { verdict, faults } = await verifyChain(ctx, places, 'ten_middle');
    expect(verdict).toBe('missing-in-the-middle');
    expect(faults).toEqual([{ verdict: 'missing-in-the-middle', seq: 3 }]);
  });

  it('T-AUD: drop tail → tail-missing, also what no checkpoint covers yet', async () => {
    await chainOf('ten_tail');
    const rows = await rowsOf('ten_tail');
    await replace('ten_tail', rows.slice(0, 4));
    expect(await verdictOf('ten_tail')).toBe('tail-missing');
    await appendRecords(ctx, 'ten_uncovered', recordsOf('ten_uncovered', 3));
    await replace('ten_uncovered', (await rowsOf('ten_uncovered')).slice(0, 2));
    expect(await verdictOf('ten_uncovered')).toBe('tail-missing');
  });

  it('T-AUD: drop tail: all of it → tail-missing', async () => {
    await chainOf('ten_all');
    await replace('ten_all', []);
    expect(await verdictOf('ten_all')).toBe('tail-missing');
  });

  it('T-AUD: reorder → altered', async () => {
    await chainOf('ten_order');
    const rows = await rowsOf('ten_order');
    const swapped = rows.map((row) =>
      row.seq === 2 ? { ...row, seq: 3 } : row.seq === 3 ? { ...row, seq: 2 } : row,
    );
    await replace('ten_order', swapped);
    expect(await verdictOf('ten_order')).toBe('altered');
  });

  it('T-AUD: duplicate → altered', async () => {
    await chainOf('ten_double');
    const rows = await rowsOf('ten_double');
    const copy = { ...(rows[2] as AuditRow), _id: 'aud_copy', seq: rows.length + 1 };
    await replace('ten_double', [...rows, copy]);
    expect(await verdictOf('ten_double')).toBe('altered');
  });

  it('T-AUD: re-stamp all → rewritten', async () => {
    await chainOf('ten_stamp');
    const rows = await rowsOf('ten_stamp');
    const other = rows.map((row) => ({ ...bare(row), objects: ['obj_other'] }));
    await replace('ten_stamp', restamped(other));
    expect(await verdictOf('ten_stamp')).toBe('rewritten');
  });

  it('T-AUD: swap two tenants’ chains → altered, re-stamped → rewritten', async () => {
    await chainOf('ten_left');
    await chainOf('ten_right');
    const [left, right] = [await rowsOf('ten_left'), await rowsOf('ten_right')];
    const given = (rows: AuditRow[], tenantId: string) => rows.map((row) => ({ ...row, tenantId }));
    await replace('ten_left', []);
    await replace('ten_right', given(left, 'ten_right'));
    await replace('ten_left', given(right, 'ten_left'));
    expect(await verdictOf('ten_left')).toBe('altered');
    expect(await verdictOf('ten_right')).toBe('altered');
    await replace('ten_right', restamped(given(left, 'ten_right').map(bare)));
    expect(await verdictOf('ten_right')).toBe('rewritten');
  });

  it('T-AUD: restore old backup → tail-missing, and rewritten once the log went on from there', async () => {
    await chainOf('ten_backup', 4);
    const backup = await rowsOf('ten_backup');
    await appendRecords(ctx, 'ten_backup', recordsOf('ten_backup', 4));
    await makeCheckpoint(ctx, places, 'ten_backup');
    await replace('ten_backup', backup);
    expect(await verdictOf('ten_backup')).toBe('tail-missing');
    await appendRecords(ctx, 'ten_backup', recordsOf('ten_backup', 6));
    expect(await verdictOf('ten_backup')).toBe('rewritten');
  });

  it('a checkpoint that was changed, or is another chain’s, is a fault', async () => {
    await chainOf('ten_signed');
    const [text = ''] = (await places[0]?.read('ten_signed')) ?? [];
    const forged = text.replace(/"head":"[0-9a-f]{4}/, '"head":"0000');
    const place: CheckpointPlace = {
      put: async () => undefined,
      read: async () => [forged],
      close: () => undefined,
    };
    expect((await verifyChain(ctx, [place], 'ten_signed')).verdict).toBe('altered');
    const others: CheckpointPlace = {
      ...place,
      read: async () => (await places[0]?.read('ten_intact')) ?? [],
    };
    expect((await verifyChain(ctx, [others], 'ten_signed')).verdict).toBe('altered');
  });

  it('T-AUD: 24-month floor: no expiry is declared, and the retention class says so', () => {
    expect(AuditEntries.retention).toBe('audit-24-months');
    const expiring = AuditEntries.indexes.filter(({ options }) => options?.expireAfterSeconds !== undefined);
    expect(expiring).toEqual([]);
  });

  it('T-AUD: 24-month floor: nothing in the product deletes or changes an entry', async () => {
    const source = join(import.meta.dirname, '..', '..', 'src');
    const names = (await readdir(source, { recursive: true })).filter((name) => name.endsWith('.ts'));
    const users: string[] = [];
    for (const name of names) {
      const text = await readFile(join(source, name), 'utf8');
      if (!/model\(AuditEntries\)/.test(text)) continue;
      users.push(name);
      const uses = [...text.matchAll(/(?:model\(AuditEntries\)|\brows)\s*\.(\w+)/g)].map(([, use]) => use);
      const allowed = ['find', 'findOne', 'distinct', 'insertMany', 'length', 'map', 'at'];
      expect(uses.filter((use = '') => !allowed.includes(use))).toEqual([]);
    }
    expect(users).toContain(join('audit', 'appender.ts'));
  });

  it('keeps checkpoints in a bucket, locked for longer than 24 months', async () => {
    const before = { ...process.env };
    const s3 = await startS3();
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test-id', AWS_SECRET_ACCESS_KEY: 'test-secret' });
    const [bucket] = await openPlaces({
      ...ctx.settings,
      AUDIT_CHECKPOINTS: [`s3://checkpoints/audit?endpoint=${encodeURIComponent(s3.url)}`],
    });
    try {
      await appendRecords(ctx, 'ten_bucket', recordsOf('ten_bucket', 2));
      await makeCheckpoint(ctx, [bucket as CheckpointPlace], 'ten_bucket');
      const [name = ''] = s3.names();
      expect(name).toMatch(/^\/checkpoints\/audit\/ten_bucket\/000000000002-[0-9a-f]{16}\.json$/);
      const { mode, until: lockedUntil = '' } = s3.lockOf(name) ?? {};
      expect(mode).toBe('COMPLIANCE');
      const months24 = new Date(clock.now());
      months24.setUTCMonth(months24.getUTCMonth() + 24);
      expect(Date.parse(lockedUntil)).toBeGreaterThan(months24.getTime());
      expect((await verifyChain(ctx, [bucket as CheckpointPlace], 'ten_bucket')).verdict).toBe('intact');
    } finally {
      bucket?.close();
      process.env = before;
      await s3.stop();
    }
  });

  it('mails the newest checkpoints once a day, and verifies by what was mailed', async () => {
    const settings = { ...ctx.settings, AUDIT_MAIL: 'audit@operator.example', MAIL_OUTBOX: 'on' as const };
    const mailing = { ...ctx, settings };
    await chainOf('ten_mailed');
    await lookAfterChains(mailing, places);
    await lookAfterChains(mailing, places);
    const mails = () =>
      asOperator('test', () =>
        ctx.store.model(Mails).find({ tenantId: INSTALLATION }).lean<MailRow[]>().exec(),
      );
    const [mail, ...others] = await mails();
    expect(others).toEqual([]);
    if (!mail?.letter) throw new Error('No mail was kept.');
    const { lines } = await ctx.store.keyring.open<Letter>(letterPlace(mail), mail.letter);
    const mailed = linesPlace(lines.slice(1).join('\n'));
    expect((await verifyChain(ctx, [mailed], 'ten_mailed')).verdict).toBe('intact');
    await replace('ten_mailed', (await rowsOf('ten_mailed')).slice(0, 2));
    expect((await verifyChain(ctx, [mailed], 'ten_mailed')).verdict).toBe('tail-missing');
  });

  it('keeps checkpoints in a folder by whose chain it is, never over another', async () => {
    expect(ctx.settings.AUDIT_CHECKPOINTS).toBeUndefined();
    const again = await openPlaces({ ...ctx.settings, DATA_DIR: join(ctx.settings.DATA_DIR) });
    const [text = ''] = (await again[0]?.read('ten_intact')) ?? [];
    await again[0]?.put({
      ...(JSON.parse(text) as Parameters<CheckpointPlace['put']>[0]),
      at: '2020-01-01T00:00:00.000Z',
    });
    expect(await again[0]?.read('ten_intact')).toEqual([text]);
  });
});
