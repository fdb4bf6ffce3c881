/** Who listens is looked up once for all streams of a key that ask at the same time, and never from before they asked. */
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { FeedClient } from '../../src/agents/feed-client.ts';
import { Listeners } from '../../src/agents/feed-listeners.ts';
import type { Credential } from '../../src/tenants/auth.ts';
import { createApiKey, revokeApiKey } from '../../src/tenants/keys.ts';
import { SCOPES } from '../../src/tenants/permissions.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { type Business, openBusiness } from '../support/fixtures.ts';
import { until } from '../support/until.ts';

let ctx: TestContext;
let business: Business;
let listeners: Listeners;
let keyId: string;
let credential: Credential;

beforeAll(async () => {
  ctx = await testContext();
  business = await openBusiness(ctx, 'Aleph');
});
beforeEach(async () => {
  listeners = new Listeners(ctx);
  const made = await createApiKey(ctx, { tenantId: business.tenantId, scopes: [...SCOPES] });
  keyId = made.id;
  credential = credentialWith(made.key);
});
afterAll(async () => ctx.close());

const credentialWith = (key: string): Credential => ({
  headers: { authorization: `Bearer ${key}` },
  method: 'GET',
});
const revoke = () => revokeApiKey(ctx, { tenantId: business.tenantId, keyId });

describe('streams of one key that open together', () => {
  it('share one look-up and one caller', async () => {
    const admitted = await Promise.all(Array.from({ length: 20 }, () => listeners.admit(credential)));
    expect(new Set(admitted.map(({ caller }) => caller)).size).toBe(1);
    expect(admitted[0]?.caller.principal).toBe(`key:${keyId}`);
  });

  it('share none with those of another key', async () => {
    const other = await createApiKey(ctx, { tenantId: business.tenantId, scopes: [...SCOPES] });
    const [mine, theirs] = await Promise.all([
      listeners.admit(credential),
      listeners.admit(credentialWith(other.key)),
    ]);
    expect([mine.caller.id, theirs.caller.id]).toEqual([keyId, other.id]);
  });

  it('are refused together', async () => {
    await revoke();
    const asked = await Promise.allSettled(Array.from({ length: 5 }, () => listeners.admit(credential)));
    expect(asked.map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
  });
});

describe('a look-up', () => {
  it('that began before a key was revoked admits nobody who asks after', async () => {
    const before = listeners.admit(credential);
    await revoke();
    await expect(listeners.admit(credential)).rejects.toMatchObject({ status: 401 });
    await Promise.allSettled([before]);
  });
});

describe('a stream', () => {
  it('that joins after all others of its key have left ends with the key too', async () => {
    const { listener, caller } = await listeners.admit(credential);
    const first = clientOf(caller);
    listeners.join(listener, first);
    listeners.leave(listener, first);
    const late = clientOf(caller);
    listeners.join(listener, late);
    await revoke();
    await until('the end of the stream', () => {
      listeners.tick();
      return late.ended;
    });
    expect(late.endReason).toBe('key');
    expect(first.ended).toBe(false);
  });
});

function clientOf(caller: ConstructorParameters<typeof FeedClient>[1]): FeedClient {
  return new FeedClient(new ServerResponse(new IncomingMessage(new Socket())), caller);
}
