import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { withTenant } from '../../src/store/scope.ts';
import { asOperator } from '../../src/store/scope.ts';
import { authenticateKey, createApiKey, listApiKeys, revokeApiKey } from '../../src/tenants/keys.ts';
import { ApiKeys, Tenants } from '../../src/tenants/model.ts';
import { SCOPES } from '../../src/tenants/permissions.ts';
import { createTenant } from '../../src/tenants/tenants.ts';
import { type TestContext, testContext } from '../support/context.ts';

describe('API keys', () => {
  let ctx: TestContext;
  let tenantId: string;
  let otherId: string;
  beforeAll(async () => {
    ctx = await testContext();
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
