/** Agents may say that two contacts are one person, and take it back; what was said stays where it is. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type TestContext, testContext } from '../support/context.ts';
import {
  type Business,
  clientWrites,
  keyWith,
  openBusiness,
  openGateway,
  type TestGateway,
} from '../support/fixtures.ts';

interface Person {
  id: string;
  mergedInto?: string;
  samePersonAs: { id: string }[];
}

let ctx: TestContext;
let gateway: TestGateway;
let business: Business;
let clients = 0;

beforeAll(async () => {
  ctx = await testContext();
  gateway = await openGateway(ctx);
  business = await openBusiness(ctx, 'Aleph');
});
afterAll(async () => {
  await gateway.close();
  await ctx.close();
});

/** A client who wrote. @returns contact and conversation */
async function client(): Promise<{ id: string; conversationId: string }> {
  clients += 1;
  const { conversationId } = await clientWrites(ctx, business, { phone: `97250000010${clients}` });
  const { body } = await gateway.ask<{ contact: { id: string } }>(
    'GET',
    `/v1/conversations/${conversationId}`,
    {
      key: business.key,
    },
  );
  return { id: body.contact.id, conversationId };
}

const merge = (id: string, into: string, key = business.key) =>
  gateway.ask<Person>('POST', `/v1/contacts/${id}/merge`, { key, body: { into } });
const undo = (id: string) => gateway.ask<Person>('DELETE', `/v1/contacts/${id}/merge`, { key: business.key });
const read = async (id: string) =>
  (await gateway.ask<Person>('GET', `/v1/contacts/${id}`, { key: business.key })).body;

describe('a merge', () => {
  it('links two contacts, and its undo leaves them as they were', async () => {
    const [one, other] = [await client(), await client()];
    const before = await read(one.id);
    const merged = await merge(one.id, other.id);
    expect(merged.status).toBe(200);
    expect(merged.body).toMatchObject({ id: one.id, mergedInto: other.id, samePersonAs: [{ id: other.id }] });
    expect(await read(other.id)).toMatchObject({ id: other.id, samePersonAs: [{ id: one.id }] });
    expect((await merge(one.id, other.id)).body).toEqual(merged.body);
    expect((await undo(one.id)).body).toEqual(before);
    expect((await undo(one.id)).body).toEqual(before);
  });

  it('leaves conversations apart: each goes on under its own contact', async () => {
    const [one, other] = [await client(), await client()];
    await merge(one.id, other.id);
    const path = `/v1/conversations/${one.conversationId}`;
    const { body } = await gateway.ask('GET', path, { key: business.key });
    expect(body).toMatchObject({ contact: { id: one.id, mergedInto: other.id } });
  });

  it('leads to the end of the links, and finds all of them from any', async () => {
    const [one, two, three] = [await client(), await client(), await client()];
    await merge(two.id, three.id);
    expect((await merge(one.id, two.id)).body).toMatchObject({ mergedInto: three.id });
    for (const each of [one, two, three]) {
      const { id, samePersonAs } = await read(each.id);
      expect([id, ...samePersonAs.map((same) => same.id)].sort()).toEqual([one.id, two.id, three.id].sort());
    }
  });

  it('in a circle, with a third, with oneself or with nobody is refused', async () => {
    const [one, two, three] = [await client(), await client(), await client()];
    await merge(one.id, two.id);
    expect((await merge(two.id, one.id)).body).toMatchObject({
      type: 'https://whatsper.dev/problems/merge-circle',
    });
    expect((await merge(one.id, three.id)).body).toMatchObject({
      type: 'https://whatsper.dev/problems/already-merged',
    });
    expect((await merge(three.id, three.id)).status).toBe(409);
    expect((await merge(three.id, `con_${'x'.repeat(26)}`)).status).toBe(404);
  });

  it('both ways at once never leaves a circle', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [one, two] = [await client(), await client()];
      await Promise.all([merge(one.id, two.id), merge(two.id, one.id)]);
      const links = [(await read(one.id)).mergedInto, (await read(two.id)).mergedInto];
      expect(links.filter((link) => link !== undefined).length).toBeLessThanOrEqual(1);
    }
  });

  it('needs the right to change contacts', async () => {
    const [one, two] = [await client(), await client()];
    const reader = await keyWith(ctx, business.tenantId, ['contacts:read']);
    expect((await merge(one.id, two.id, reader)).status).toBe(403);
  });
});
