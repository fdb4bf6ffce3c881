/** P8: a person who is erased is gone, with all that are linked to them, and nobody else is. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { collections } from '../../src/collections.ts';
import { identityKey } from '../../src/conversations/ids.ts';
import { Statuses } from '../../src/conversations/model.ts';
import { addEndpoint } from '../../src/endpoints/endpoints.ts';
import { destroyDue } from '../../src/privacy/destroy.ts';
import { asOperator, withTenant } from '../../src/store/scope.ts';
import { jpeg } from '../media/files.ts';
import { openWorld, type World } from '../media/world.ts';
import { ManualClock } from '../support/clock.ts';
import {
  type Business,
  clientIsParked,
  clientWrites,
  openBusiness,
  type Written,
} from '../support/fixtures.ts';

const DAY_MS = 24 * 3_600_000;
const PHONE = '972500000051';
const LINKED = '972500000052';
const UNLINKED = '972500000053';
const clock = new ManualClock(Date.now());

interface ErasureView {
  id: string;
  state: string;
  contactIds: string[];
  destroyed: Record<string, number> | null;
}

let world: World;
let other: Business;
let person: Written;
let linked: Written;
let unlinked: Written;
let theirs: Written;
let sent: string;
let erasure: ErasureView;

beforeAll(async () => {
  world = await openWorld(clock, { FFMPEG: 'no-such-ffmpeg' });
  const { ctx, business } = world;
  const { tenantId, channelId } = business;
  other = await openBusiness(ctx, 'Bet');
  await addEndpoint(ctx, { tenantId, url: 'https://endpoint.example/hook' });
  person = await clientWrites(ctx, business, { phone: PHONE, wamid: 'wamid.of.the.person', body: 'hello' });
  linked = await world.receive({ bytes: await jpeg(), mime: 'image/jpeg', phone: LINKED });
  await world.turn(linked.messageId);
  unlinked = await clientWrites(ctx, business, { phone: UNLINKED, body: 'somebody else' });
  theirs = await clientWrites(ctx, other, { phone: PHONE, body: 'of another business' });
  await clientIsParked(ctx, business, { phone: PHONE });
  await clientIsParked(ctx, business, { phone: UNLINKED });
  await ask('POST', `/v1/contacts/${linked.contactId}/merge`, { into: person.contactId });
  await ask('POST', `/v1/contacts/${unlinked.contactId}/merge`, { into: person.contactId });
  await ask('DELETE', `/v1/contacts/${unlinked.contactId}/merge`);
  const text = { type: 'text', text: { body: 'an answer' } };
  sent = (await ask<{ id: string }>('POST', `/v1/conversations/${person.conversationId}/messages`, text)).body
    .id;
  const at = new Date(clock.now());
  const status = { channelId, wamidKey: 'key', messageId: sent, status: 'delivered', at, receivedAt: at };
  await withTenant(tenantId, () =>
    ctx.store.model(Statuses).insertMany([{ _id: 'sta_1', tenantId, ...status }]),
  );
});
afterAll(() => world.close());

function ask<Body = Record<string, unknown>>(method: string, path: string, body?: unknown) {
  const { key } = world.business;
  return world.gateway.ask<Body>(method, path, { key, ...(body === undefined ? {} : { body }) });
}

/** Every row of a tenant in which one of these words stands. */
async function rowsNaming(tenantId: string, words: string[]): Promise<string[]> {
  const found: string[] = [];
  for (const collection of collections) {
    if (!('tenantId' in collection.fields) && collection.scope === 'operator') continue;
    const rows = await asOperator('test: rows of a person', () =>
      world.ctx.store.model(collection).find({ tenantId }).lean().exec(),
    );
    const naming = rows.filter((row) => words.some((word) => JSON.stringify(row).includes(word)));
    found.push(...naming.map(() => collection.name));
  }
  return [...new Set(found)].sort();
}

const destroy = () => asOperator('test: erasures', () => destroyDue(world.ctx));

describe('P8: an erasure', () => {
  it('follows the links of merges, not those that were undone', async () => {
    const answer = await ask<ErasureView>('POST', `/v1/contacts/${linked.contactId}/erase`, {
      ground: 'consent-withdrawn',
    });
    expect([answer.status, answer.body.state]).toEqual([202, 'asked']);
    expect([...answer.body.contactIds].sort()).toEqual([person.contactId, linked.contactId].sort());
    erasure = answer.body;
  });

  it('closes them at once: they are not found, and who writes now is somebody new', async () => {
    clock.advance(2_000); // longer than a row is remembered
    expect((await ask('GET', `/v1/contacts/${person.contactId}`)).status).toBe(404);
    expect(
      (await ask('POST', `/v1/contacts/${person.contactId}/erase`, { ground: 'objection' })).status,
    ).toBe(404);
    const again = await clientWrites(world.ctx, world.business, { phone: PHONE, body: 'I am back' });
    expect(again.contactId).not.toBe(person.contactId);
    expect(again.conversationId).not.toBe(person.conversationId);
  });

  it('destroys nothing before no process can hold the keys any more', async () => {
    expect(await destroy()).toBe(0);
    expect((await ask('GET', `/v1/messages/${person.messageId}`)).status).toBe(200);
  });

  it('then destroys all of them, and counts it', async () => {
    clock.advance(40_000);
    expect(await destroy()).toBe(1);
    const { body } = await ask<ErasureView>('GET', `/v1/erasures/${erasure.id}`);
    expect(body).toMatchObject({
      state: 'done',
      destroyed: {
        contacts: 2,
        conversations: 2,
        messages: 3,
        files: 1,
        statuses: 1,
        deliveries: 2,
        deadLetters: 1,
      },
    });
    for (const id of [person.messageId, linked.messageId, sent]) {
      expect((await ask('GET', `/v1/messages/${id}`)).status).toBe(404);
    }
    expect((await ask('GET', `/v1/conversations/${person.conversationId}`)).status).toBe(404);
    const blobs = [];
    for await (const { name } of world.ctx.blobs.list()) blobs.push(name);
    expect(blobs).toEqual([]);
  });

  it('leaves rows without content, so that a late repeat brings nobody back', async () => {
    const { tenantId } = world.business;
    const digests = await withTenant(tenantId, async () =>
      Promise.all([LINKED].map((value) => identityKey(world.ctx, tenantId, { kind: 'phone', value }))),
    );
    const words = [
      person.contactId,
      linked.contactId,
      person.conversationId,
      linked.conversationId,
      ...digests,
    ];
    // The audit log keeps ids: who asked for what.
    const left = (await rowsNaming(tenantId, words)).filter((name) => !name.toLowerCase().includes('audit'));
    expect(left).toEqual(['erasures', 'messages']);
    await clientWrites(world.ctx, world.business, {
      phone: LINKED,
      wamid: 'wamid.of.the.person',
      body: 'hello',
    });
    expect((await ask('GET', `/v1/messages/${person.messageId}`)).status).toBe(404);
  });

  it('changes nothing of anybody else', async () => {
    const { body } = await ask<{ content: unknown }>('GET', `/v1/messages/${unlinked.messageId}`);
    expect(body.content).toEqual({ body: 'somebody else' });
    const elsewhere = await world.gateway.ask<{ content: unknown }>(
      'GET',
      `/v1/messages/${theirs.messageId}`,
      {
        key: other.key,
      },
    );
    expect(elsewhere.body.content).toEqual({ body: 'of another business' });
  });

  it('takes away the empty rows when WhatsApp can repeat nothing any more', async () => {
    expect(await destroy()).toBe(0);
    clock.advance(9 * DAY_MS + 1_000);
    expect(await destroy()).toBe(1);
    expect(await rowsNaming(world.business.tenantId, [person.messageId, sent])).toEqual([]);
    expect(await destroy()).toBe(0);
  });
});
