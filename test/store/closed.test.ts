/** Row 40: whatever is read without a tenant, or for another than the running work's, fails closed. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { feedKey } from '../../src/agents/feed.ts';
import { Conversations } from '../../src/conversations/model.ts';
import { runEndpointLane } from '../../src/endpoints/lane.ts';
import { openCursor, sealCursor } from '../../src/http/cursor.ts';
import { discardDeadLetter, findDeadLetter, listDeadLetters } from '../../src/lanes/dead-letters.ts';
import type { Turn } from '../../src/lanes/worker.ts';
import { runMediaLane } from '../../src/media/lane.ts';
import { openLink } from '../../src/media/links.ts';
import { workOutboxLane } from '../../src/outbox/lane.ts';
import { asOperator, ScopeError, withTenant } from '../../src/store/scope.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { type Business, clientIsParked, openBusiness } from '../support/fixtures.ts';

let ctx: TestContext;
let victim: Business;
let deadLetterId: string;
let sealed: Buffer;
const place = () => ({ tenantId: victim.tenantId, collection: 'messages', id: 'msg_1', field: 'content' });
const use = (tenantId: string) => ({ tenantId, path: '/v1/contacts', filters: {} });
const turn = { token: 'token', stopping: () => false, yields: () => false } as unknown as Turn;
const nothing = undefined as never;

beforeAll(async () => {
  ctx = await testContext();
  victim = await openBusiness(ctx, 'Aleph');
  deadLetterId = await clientIsParked(ctx, victim, { phone: '972500000001' });
  sealed = await ctx.store.keyring.seal({ kind: 'tenant' }, place(), 'secret');
});
afterAll(async () => ctx.close());

/** What reads by a tenant given as data, as it would be called for the victim and for nobody. */
const READS: [string, (tenantId: string) => unknown][] = [
  ['rows, read together with others', (tenantId) => ctx.store.batches.find(Conversations, tenantId, 'cnv_1')],
  [
    'rows that were kept for a second',
    (tenantId) => ctx.store.batches.findRecent(Conversations, tenantId, 'cnv_1'),
  ],
  ['keys', (tenantId) => ctx.store.keyring.keyOf(tenantId, { kind: 'tenant' })],
  ['sealed content', (tenantId) => ctx.store.keyring.open({ ...place(), tenantId }, sealed)],
  ['look-up digests', (tenantId) => ctx.store.keyring.lookup(tenantId, 'identity', 'phone', '972500000001')],
  ['cursors', (tenantId) => sealCursor(ctx, use(tenantId), { at: 1, id: 'con_1' })],
  ['cursors that came back', (tenantId) => openCursor(ctx, use(tenantId), 'WzEsImNvbl8xIl0.x')],
  ['the list of dead letters', (tenantId) => listDeadLetters(ctx, { tenantId }, 10)],
  ['a dead letter', (tenantId) => findDeadLetter(ctx, deadLetterId, { tenantId })],
  ['the end of a dead letter', (tenantId) => discardDeadLetter(ctx, deadLetterId, 'spam', { tenantId })],
];

describe('row 40: without its tenant', () => {
  it.each(READS)('%s: nothing is read for nobody', async (_name, read) => {
    await expect(asOperator('test', async () => read(''))).rejects.toThrow(ScopeError);
  });

  it.each(READS)('%s: nothing of another tenant is read', async (_name, read) => {
    await expect(withTenant('ten_attacker', async () => read(victim.tenantId))).rejects.toThrow(ScopeError);
  });

  it('rows: a query outside a scope throws', async () => {
    await expect(async () => ctx.store.model(Conversations).find({}).exec()).rejects.toThrow(ScopeError);
  });

  it('the live feed has no stream of nobody', () => {
    expect(() => feedKey(ctx.prefix, '')).toThrow(ScopeError);
  });

  it('dead letters: a tenant who names none gets none, not those of all', async () => {
    await expect(withTenant(victim.tenantId, () => listDeadLetters(ctx, {}, 10))).rejects.toThrow(ScopeError);
    await expect(withTenant(victim.tenantId, () => findDeadLetter(ctx, deadLetterId))).rejects.toThrow(
      ScopeError,
    );
  });

  it.each([
    ['outbox', () => workOutboxLane(ctx, nothing, { lane: 'cnv_1' }, turn)],
    ['endpoints', () => runEndpointLane(ctx, nothing, { lane: 'cnv_1' }, turn)],
    ['media', () => runMediaLane(ctx, nothing, { lane: 'msg_1' }, turn)],
  ])('a job of %s is not worked', async (_name, work) => {
    await expect(work()).rejects.toThrow(/tenant/);
  });

  it('files: a name without its tenant, or one that leads elsewhere, is none', async () => {
    for (const name of [
      'a-name-of-some-length',
      '/a-name-of-some-length',
      `../${victim.tenantId}/name-of-a-file`,
    ]) {
      await expect(ctx.blobs.read(name, 0, 1)).rejects.toThrow('Not a name of a blob');
    }
    expect(
      openLink(ctx, { messageId: 'msg_1', part: 'file', expiresAt: '99999999999', signature: 'x' }),
    ).toBeUndefined();
  });

  it('an unscoped dead letter still stands where it stood', async () => {
    expect(await findDeadLetter(ctx, deadLetterId)).toMatchObject({ tenantId: victim.tenantId });
  });
});
