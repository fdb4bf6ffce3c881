/** The audit log on the real servers: durable in its lane, appended in order, each entry once. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { appendRecords } from '../../src/audit/appender.ts';
import { audit, auditRecord } from '../../src/audit/audit.ts';
import { AuditEntries, type AuditRow } from '../../src/audit/model.ts';
import { asOperator } from '../../src/store/scope.ts';
import { startAudit } from '../../workers/audit.ts';
import { testContext, type TestContext } from '../support/context.ts';
import { until } from '../support/until.ts';

const TENANT = 'ten_auditone';

let ctx: TestContext;
let workers: ReturnType<typeof startAudit>;

beforeAll(async () => {
  ctx = await testContext();
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

describe('the audit log', () => {
  it('row 136: numbers and chains what parallel requests write, each once', async () => {
    const acts = Array.from({ length: 200 }, (_, index) =>
      audit(ctx, {
        tenantId: TENANT,
        actor: 'key:key_one',
        action: 'test.done',
        objects: [`obj_${index}`],
        outcome: 'allowed',
        details: { field: 'name', count: index },
      }),
    );
    await Promise.all(acts);
    const rows = await until('the entries are in the chain', async () => {
      const found = await rowsOf(TENANT);
      return found.length === 200 && found;
    });
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    expect(new Set(rows.map(({ objects }) => objects[0])).size).toBe(200);
    rows.slice(1).forEach((row, index) => expect(row.previous).toBe(rows[index]?.hash));
  });

  it('writes nothing twice and skips nothing when the appender died between writing and taking out', async () => {
    const records = ['a', 'b', 'c'].map((name) =>
      auditRecord(ctx, {
        tenantId: 'ten_redo',
        actor: 'system',
        action: 'test.done',
        objects: [name],
        outcome: 'failed',
      }),
    );
    await appendRecords(ctx, 'ten_redo', records.slice(0, 2));
    await appendRecords(ctx, 'ten_redo', records);
    const rows = await rowsOf('ten_redo');
    expect(rows.map(({ seq, objects }) => [seq, objects[0]])).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ]);
  });
});
