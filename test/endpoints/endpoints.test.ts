import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { addEndpoint, listEndpoints, openEndpoint } from '../../src/endpoints/endpoints.ts';
import { type EndpointRow, Endpoints } from '../../src/endpoints/model.ts';
import { withTenant } from '../../src/store/scope.ts';
import { createTenant } from '../../src/tenants/tenants.ts';
import { type TestContext, testContext } from '../support/context.ts';

describe('endpoints', () => {
  let ctx: TestContext;
  let tenantId: string;
  const url = 'https://hooks.example.com/t/secret-part';
  beforeAll(async () => {
    ctx = await testContext();
    ({ tenantId } = await createTenant(ctx, { name: 'One', email: 'one@one.example' }));
  });
  afterAll(() => ctx.close());

  it('gives a new endpoint a secret of 32 random bytes, in this answer only', async () => {
    const made = await addEndpoint(ctx, { tenantId, url });
    expect(made).toMatchObject({ url, events: ['message.received'], status: 'active' });
    expect(made.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const again = await addEndpoint(ctx, { tenantId, url: 'https://other.example.com/' });
    expect(again.secret).not.toBe(made.secret);
    expect(JSON.stringify(await listEndpoints(ctx, tenantId))).not.toContain('whsec_');
  });

  it('keeps address and secret sealed', async () => {
    const made = await addEndpoint(ctx, { tenantId, url });
    const row = await withTenant(tenantId, () =>
      ctx.store.model(Endpoints).findOne({ _id: made.endpointId }).lean<EndpointRow>().exec(),
    );
    expect(row?.url.toString('latin1')).not.toContain('hooks');
    expect(row?.secret.toString('latin1')).not.toContain('whsec');
    await expect(openEndpoint(ctx, row as EndpointRow)).resolves.toEqual({ url, secret: made.secret });
  });

  it("P4: lists a tenant's own endpoints only", async () => {
    const { tenantId: otherId } = await createTenant(ctx, { name: 'Two', email: 'two@two.example' });
    await expect(listEndpoints(ctx, otherId)).resolves.toEqual([]);
    expect((await listEndpoints(ctx, tenantId)).map((one) => one.url)).toContain(url);
  });

  it('refuses what may not be called, and a tenant that does not exist', async () => {
    await expect(addEndpoint(ctx, { tenantId, url: 'http://example.com/' })).rejects.toMatchObject({
      status: 422,
    });
    await expect(addEndpoint(ctx, { tenantId: 'ten_none', url })).rejects.toMatchObject({ status: 404 });
    await expect(listEndpoints(ctx, 'ten_none')).rejects.toMatchObject({ status: 404 });
  });

  it('refuses its own machine where the installation is a public one', async () => {
    const settings = { ...ctx.settings, BASE_URL: 'https://gateway.example.com' };
    const local = { tenantId, url: 'http://127.0.0.1:9000/' };
    await expect(addEndpoint({ ...ctx, settings }, local)).rejects.toMatchObject({ status: 422 });
    await expect(addEndpoint(ctx, local)).resolves.toMatchObject({ url: local.url });
  });
});
