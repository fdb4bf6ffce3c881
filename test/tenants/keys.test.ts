import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Notices } from '../../src/notices/model.ts';
import { asOperator, withTenant } from '../../src/store/scope.ts';
import { renameApiKey, revokeKeysMadeBy, rotateApiKey } from '../../src/tenants/key-changes.ts';
import { watchKeys } from '../../src/tenants/key-watch.ts';
import { authenticateKey, createApiKey, listApiKeys, revokeApiKey } from '../../src/tenants/keys.ts';
import { ApiKeys, Tenants } from '../../src/tenants/model.ts';
import { SCOPES } from '../../src/tenants/permissions.ts';
import { createTenant } from '../../src/tenants/tenants.ts';
import { ManualClock } from '../support/clock.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { openGateway, signedIn, type TestGateway } from '../support/fixtures.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('API keys', () => {
  const clock = new ManualClock();
  let ctx: TestContext;
  let tenantId: string;
  let otherId: string;
  beforeAll(async () => {
    ctx = await testContext({ clock });
    ({ tenantId } = await createTenant(ctx, { name: 'One', email: 'one@one.example' }));
    ({ tenantId: otherId } = await createTenant(ctx, { name: 'Two', email: 'two@two.example' }));
  });
  afterAll(() => ctx.close());

  const newKey = (scopes: string[] = ['messages:read']) =>
    createApiKey(ctx, { tenantId, scopes, name: 'console' });

  it('makes a key that names its tenant and is recognised with its rights', async () => {
    const made = await newKey(['messages:read', 'messages:send']);
    expect(made.key).toMatch(new RegExp(`^wsk_${tenantId}_[A-Za-z0-9]{43}$`));
    await expect(authenticateKey(ctx, made.key)).resolves.toEqual({
      tenantId,
      keyId: made.id,
      name: 'console',
      scopes: ['messages:read', 'messages:send'],
    });
  });

  it('keeps only a digest of the secret', async () => {
    const { key, id } = await newKey();
    const row = await withTenant(tenantId, () => ctx.store.model(ApiKeys).findOne({ _id: id }).lean().exec());
    expect(JSON.stringify(row)).not.toContain(key.slice(key.lastIndexOf('_') + 1));
  });

  it('recognises every scope there is, each named once', async () => {
    const { scopes } = await newKey([...SCOPES, ...SCOPES]);
    expect(scopes).toEqual([...SCOPES]);
  });

  it('refuses unknown scopes by name, and a key without any', async () => {
    await expect(newKey(['messages:read', 'messages:eat', 'all'])).rejects.toMatchObject({
      status: 422,
      message: expect.stringMatching(/"messages:eat".*"all"/),
    });
    await expect(newKey([])).rejects.toMatchObject({ status: 422 });
  });

  it('refuses a key for a tenant that does not exist', async () => {
    const made = createApiKey(ctx, { tenantId: 'ten_none', scopes: ['messages:read'] });
    await expect(made).rejects.toMatchObject({ status: 404 });
  });

  it('ends a revoked key at once, and says so a second time without moving its date', async () => {
    const { key, id } = await newKey();
    const first = await revokeApiKey(ctx, { tenantId, keyId: id });
    expect(first.revokedAt).toBeInstanceOf(Date);
    await expect(authenticateKey(ctx, key)).resolves.toBeNull();
    await expect(revokeApiKey(ctx, { tenantId, keyId: id })).resolves.toEqual(first);
  });

  it("P4: a tenant's key cannot be revoked or seen in another tenant's name", async () => {
    const { key, id } = await newKey();
    await expect(revokeApiKey(ctx, { tenantId: otherId, keyId: id })).rejects.toMatchObject({ status: 404 });
    await expect(authenticateKey(ctx, key)).resolves.not.toBeNull();
    const seen = await listApiKeys(ctx, otherId);
    expect(seen.map(({ keyId }) => keyId)).not.toContain(id);
  });

  it('lists keys with their state and without a secret', async () => {
    const { key, id } = await newKey();
    const listed = await listApiKeys(ctx, tenantId);
    expect(listed.find(({ keyId }) => keyId === id)).toMatchObject({ name: 'console', revokedAt: null });
    expect(JSON.stringify(listed)).not.toContain(key.slice(key.lastIndexOf('_') + 1));
  });

  it('P4: the secret of one tenant does not open another tenant', async () => {
    const { key } = await newKey();
    await expect(authenticateKey(ctx, key.replace(tenantId, otherId))).resolves.toBeNull();
  });

  it('knows nothing else', async () => {
    const { key } = await newKey();
    const secret = 'a'.repeat(43);
    const wrong = [
      '',
      'wsk_',
      key.slice(0, -1),
      `${key}x`,
      key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a'),
      key.replace('wsk_', 'WSK_'),
      ` ${key}`,
      `wsk_ten_none_${secret}`,
      `wsk__${secret}`,
      `wsk_${'x'.repeat(100_000)}_${secret}`,
      `wsk_{"$ne":1}_${secret}`,
    ];
    for (const bearer of wrong) await expect(authenticateKey(ctx, bearer)).resolves.toBeNull();
  });

  it('takes the same steps for an unknown tenant, an unknown secret and a revoked key', async () => {
    const { key, id } = await newKey();
    await revokeApiKey(ctx, { tenantId, keyId: id });
    const reads: string[] = [];
    const model = ctx.store.model.bind(ctx.store);
    const counting = Object.create(ctx.store, {
      model: {
        value: (collection: Parameters<typeof model>[0]) => {
          reads.push(collection.name);
          return model(collection);
        },
      },
    }) as typeof ctx.store;
    const stepsOf = async (bearer: string) => {
      reads.length = 0;
      await authenticateKey({ ...ctx, store: counting }, bearer);
      return [...reads];
    };
    const secret = 'a'.repeat(43);
    const expected = ['apiKeys', 'tenants'];
    expect(await stepsOf(key)).toEqual(expected);
    expect(await stepsOf(`wsk_${tenantId}_${secret}`)).toEqual(expected);
    expect(await stepsOf(`wsk_ten_none_${secret}`)).toEqual(expected);
  });

  it('tells when a key was used last, to the minute, and writes it once a minute', async () => {
    const { key, id } = await newKey();
    const lastUsed = async () =>
      (await listApiKeys(ctx, tenantId)).find(({ keyId }) => keyId === id)?.lastUsedAt?.getTime() ?? null;
    expect(await lastUsed()).toBeNull();
    await authenticateKey(ctx, key);
    const first = clock.now();
    expect(await lastUsed()).toBe(first);
    clock.advance(59_000);
    await authenticateKey(ctx, key);
    expect(await lastUsed()).toBe(first);
    clock.advance(1_000);
    await authenticateKey(ctx, key);
    expect(await lastUsed()).toBe(clock.now());
  });

  it('an expired key is answered like one that never was', async () => {
    const { key, expiresAt } = await createApiKey(ctx, {
      tenantId,
      scopes: ['messages:read'],
      expiresDays: 30,
    });
    expect(expiresAt?.getTime()).toBe(clock.now() + 30 * DAY_MS);
    await expect(authenticateKey(ctx, key)).resolves.not.toBeNull();
    clock.advance(30 * DAY_MS);
    await expect(authenticateKey(ctx, key)).resolves.toBeNull();
    const gateway = await openGateway(ctx);
    try {
      const [expired, unknown] = await Promise.all(
        [key, key.slice(0, -43) + 'a'.repeat(43)].map((bearer) =>
          gateway.ask('GET', '/v1/me', { key: bearer }),
        ),
      );
      expect([expired?.status, expired?.body]).toEqual([401, unknown?.body]);
    } finally {
      await gateway.close();
    }
  });

  it('is told of 14 and 3 days before its end, each once', async () => {
    const { tenantId: owner } = await createTenant(ctx, { name: 'Ends', email: 'e@e.example' });
    const { keyId } = await createApiKey(ctx, {
      tenantId: owner,
      scopes: ['messages:read'],
      expiresDays: 30,
    });
    const told = async () => {
      await asOperator('test', () => watchKeys(ctx));
      const rows = await withTenant(owner, () => ctx.store.model(Notices).find().lean().exec());
      return rows.map(({ event, severity }) => `${event} ${severity}`).sort();
    };
    clock.advance(15 * DAY_MS);
    expect(await told()).toEqual([]);
    clock.advance(DAY_MS);
    expect(await told()).toEqual(['key-ends warning']);
    expect(await told()).toEqual(['key-ends warning']);
    clock.advance(11 * DAY_MS);
    expect(await told()).toEqual(['key-ends critical', 'key-ends warning']);
    await rotateApiKey(ctx, { tenantId: owner, keyId }, {});
    expect(await told()).toHaveLength(2);
    clock.advance(16 * DAY_MS);
    expect(await told()).toHaveLength(3);
  });

  describe('rotation', () => {
    it('the new secret works at once, the old one as long as is asked for, both as the same key', async () => {
      const { key, keyId } = await newKey();
      const rotated = await rotateApiKey(ctx, { tenantId, keyId }, { overlapHours: 2 });
      expect(rotated.key).not.toBe(key);
      for (const bearer of [key, rotated.key]) {
        await expect(authenticateKey(ctx, bearer)).resolves.toMatchObject({ keyId });
      }
      clock.advance(2 * HOUR_MS);
      await expect(authenticateKey(ctx, key)).resolves.toBeNull();
      await expect(authenticateKey(ctx, rotated.key)).resolves.toMatchObject({ keyId });
    });

    it('without overlap the old secret ends at once; a revoked key ends with both of its secrets', async () => {
      const { key, keyId } = await newKey();
      const second = await rotateApiKey(ctx, { tenantId, keyId }, { overlapHours: 0 });
      await expect(authenticateKey(ctx, key)).resolves.toBeNull();
      const third = await rotateApiKey(ctx, { tenantId, keyId }, { overlapHours: 168 });
      await revokeApiKey(ctx, { tenantId, keyId });
      for (const bearer of [second.key, third.key]) {
        await expect(authenticateKey(ctx, bearer)).resolves.toBeNull();
      }
      await expect(rotateApiKey(ctx, { tenantId, keyId }, {})).rejects.toMatchObject({ status: 409 });
    });

    it('keeps the length of its life, and the old secret does not outlive its end', async () => {
      const made = await createApiKey(ctx, { tenantId, scopes: ['messages:read'], expiresDays: 10 });
      clock.advance(9 * DAY_MS);
      const rotated = await rotateApiKey(ctx, { tenantId, keyId: made.keyId }, { overlapHours: 168 });
      expect(rotated.expiresAt?.getTime()).toBe(clock.now() + 10 * DAY_MS);
      expect(rotated.previousUntil).toEqual(made.expiresAt);
    });

    it('refuses an overlap of more than a week, and another tenant’s key like none', async () => {
      const { keyId } = await newKey();
      const rotate = (owner: string, overlapHours: number) =>
        rotateApiKey(ctx, { tenantId: owner, keyId }, { overlapHours });
      await expect(rotate(tenantId, 169)).rejects.toMatchObject({ status: 422 });
      await expect(rotate(otherId, 1)).rejects.toMatchObject({ status: 404 });
      const renamed = renameApiKey(ctx, { tenantId: otherId, keyId }, 'x', 'system');
      await expect(renamed).rejects.toMatchObject({ status: 404 });
    });
  });

  describe('made by people', () => {
    let gateway: TestGateway;
    beforeAll(async () => {
      gateway = await openGateway(ctx);
    });
    afterAll(() => gateway.close());

    it('T-AZ: nobody gives a key more than they may, nor gets the secret of a key that may more', async () => {
      const { headers } = await signedIn(ctx, { tenantId }, { permissions: ['keys:write', 'messages:read'] });
      const make = (scopes: string[]) =>
        gateway.ask('POST', '/v1/keys', { headers, body: { name: 'mine', scopes } });
      expect((await make(['messages:read'])).status).toBe(201);
      const refused = await make(['messages:read', 'messages:send']);
      expect([refused.status, refused.body.type]).toEqual([
        403,
        expect.stringMatching(/more-than-you-hold$/),
      ]);
      expect((await make(['users:write'])).status).toBe(422);
      const { keyId } = await newKey(['channels:write']);
      const rotated = await gateway.ask('POST', `/v1/keys/${keyId}/rotate`, { headers, body: {} });
      expect([rotated.status, rotated.text.includes('wsk_')]).toEqual([403, false]);
    });

    it('a key itself makes none, whatever its scopes', async () => {
      const { key } = await newKey([...SCOPES]);
      const made = await gateway.ask('POST', '/v1/keys', { key, body: { name: 'x', scopes: [...SCOPES] } });
      expect([made.status, made.body.type]).toEqual([403, expect.stringMatching(/wrong-credential$/)]);
    });

    it('names its maker, and ends with them', async () => {
      const { headers, userId } = await signedIn(ctx, { tenantId });
      const body = { name: 'mine', scopes: ['messages:read'] };
      const made = await gateway.ask<{ id: string; key: string; createdBy: object }>('POST', '/v1/keys', {
        headers,
        body,
      });
      expect(made.body.createdBy).toMatchObject({
        principal: `user:${userId}`,
        name: expect.stringMatching(/^Person/),
      });
      const { key: another } = await newKey();
      const ended = await revokeKeysMadeBy(ctx, { tenantId, principal: `user:${userId}` }, 'system');
      expect(ended).toBe(1);
      await expect(authenticateKey(ctx, made.body.key)).resolves.toBeNull();
      await expect(authenticateKey(ctx, another)).resolves.not.toBeNull();
    });
  });

  it('ends every key of a disabled tenant', async () => {
    const { tenantId: closing } = await createTenant(ctx, { name: 'Three', email: 'c@c.example' });
    const { key } = await createApiKey(ctx, { tenantId: closing, scopes: ['messages:read'] });
    await asOperator('test', () =>
      ctx.store
        .model(Tenants)
        .updateOne({ _id: closing }, { $set: { status: 'disabled' } })
        .exec(),
    );
    await expect(authenticateKey(ctx, key)).resolves.toBeNull();
  });
});
