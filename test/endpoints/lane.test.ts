/** P2 and P3 for endpoints: every event at least once under one id, in order, and nobody waits for another's endpoint. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';

import { type MessageRow, Messages } from '../../src/conversations/model.ts';
import { addEndpoint } from '../../src/endpoints/endpoints.ts';
import { Deliveries, type DeliveryRow, Endpoints } from '../../src/endpoints/model.ts';
import type { Sender } from '../../src/endpoints/sender.ts';
import { Shares } from '../../src/endpoints/shares.ts';
import type { TurnEnd } from '../../src/lanes/worker.ts';
import { openReceiver, type Receiver, status } from './receiver.ts';
import { openWorld, type World } from './world.ts';

interface Event {
  type: string;
  timestamp: string;
  data: { message: { id: string; content: { body: string } }; conversation: { id: string } };
}

describe("an endpoint's lane", () => {
  let world: World;
  let receiver: Receiver;
  let endpointId: string;
  let secret: string;
  let phones = 972_500_000_000;
  let phone: string;
  beforeAll(async () => {
    world = await openWorld();
  });
  beforeEach(async () => {
    receiver = await openReceiver();
    ({ endpointId, secret } = await addEndpoint(world.ctx, { tenantId: world.tenantId, url: receiver.url }));
    phone = String((phones += 1));
  });
  afterEach(async () => {
    await receiver.close();
    await world.mine(() => world.ctx.store.model(Endpoints).deleteMany({}).exec());
  });
  afterAll(() => world.close());

  const bodies = () =>
    receiver.received.map(({ body }) => (JSON.parse(body) as Event).data.message.content.body);
  const eventIds = () => receiver.received.map(({ headers }) => headers['webhook-id']);
  const owed = async (message: MessageRow) => (await world.owed(message))[0];
  const waitOf = (end: TurnEnd) => (end === 'done' ? 0 : end.againAfterMs);

  /** A sender that does `instead` with the real one. */
  function sending(instead: (post: Sender['post']) => Sender['post']): World['work'] {
    const { sender, shares } = world.work;
    const post = instead((...args) => sender.post(...args));
    return { sender: Object.assign(Object.create(sender) as Sender, { post }), shares };
  }
  async function turnWith(work: World['work'], message: MessageRow): Promise<TurnEnd> {
    const before = { ...world.work };
    Object.assign(world.work, work);
    try {
      return await world.turn(message, endpointId);
    } finally {
      Object.assign(world.work, before);
    }
  }

  it('posts a message and its conversation, signed by Standard Webhooks', async () => {
    const message = await world.receive(phone, 'שלום');
    await expect(world.turn(message, endpointId)).resolves.toBe('done');
    const [received] = receiver.received;
    const headers = received?.headers as Record<string, string>;
    const event = new Webhook(secret).verify(received?.body ?? '', headers) as Event;
    expect(event).toEqual({
      type: 'message.received',
      timestamp: new Date(world.clock.now()).toISOString(),
      data: {
        message: expect.objectContaining({ id: message._id, type: 'text', content: { body: 'שלום' } }),
        conversation: expect.objectContaining({ id: message.conversationId, state: 'PENDING' }),
      },
    });
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': message._id });
    await expect(owed(message)).resolves.toMatchObject({
      state: 'done',
      attempts: 1,
      log: [{ at: expect.any(Date), status: 204, ms: 0 }],
    });
  });

  it('is refused by the receiver when another secret signed or a byte was changed', async () => {
    const message = await world.receive(phone, 'one');
    await world.turn(message, endpointId);
    const [received] = receiver.received;
    const headers = received?.headers as Record<string, string>;
    const other = new Webhook(`whsec_${Buffer.alloc(32, 1).toString('base64')}`);
    expect(() => other.verify(received?.body ?? '', headers)).toThrow('No matching signature');
    const changed = received?.body.replace('one', 'two') ?? '';
    expect(() => new Webhook(secret).verify(changed, headers)).toThrow('No matching signature');
  });

  it('P3: posts what waits in the order of the conversation', async () => {
    const messages = [];
    for (const text of ['1', '2', '3', '4']) messages.push(await world.receive(phone, text));
    await expect(world.turn(messages[0] as MessageRow, endpointId)).resolves.toBe('done');
    expect(bodies()).toEqual(['1', '2', '3', '4']);
  });

  it('P3: a failing head blocks its lane, and other conversations and endpoints go on', async () => {
    const other = await openReceiver();
    const { endpointId: otherId } = await addEndpoint(world.ctx, {
      tenantId: world.tenantId,
      url: other.url,
    });
    receiver.reply = (response, { body }) => status(body.includes('"first"') ? 500 : 200)(response, never);
    const first = await world.receive(phone, 'first');
    await world.receive(phone, 'second');
    const elsewhere = await world.receive(String((phones += 1)), 'elsewhere');
    expect(waitOf(await world.turn(first, endpointId))).toBeGreaterThanOrEqual(5_000);
    await expect(world.turn(elsewhere, endpointId)).resolves.toBe('done');
    await expect(world.turn(first, otherId)).resolves.toBe('done');
    expect(bodies()).toEqual(['first', 'elsewhere']);
    expect(other.received).toHaveLength(2);
    receiver.reply = status(200);
    world.clock.advance(5_500);
    await expect(world.turn(first, endpointId)).resolves.toBe('done');
    expect(bodies()).toEqual(['first', 'elsewhere', 'first', 'second']);
    await other.close();
  });

  it('does not try again before its time', async () => {
    receiver.reply = status(503);
    const message = await world.receive(phone, 'x');
    const wait = waitOf(await world.turn(message, endpointId));
    world.clock.advance(wait - 1);
    await expect(world.turn(message, endpointId)).resolves.toEqual({ againAfterMs: 1 });
    expect(receiver.received).toHaveLength(1);
  });

  it.each([302, 404, 410, 502])('takes %d as not delivered', async (code) => {
    receiver.reply = status(code);
    const message = await world.receive(phone, 'x');
    expect(waitOf(await world.turn(message, endpointId))).toBeGreaterThan(0);
    await expect(owed(message)).resolves.toMatchObject({
      state: 'due',
      attempts: 1,
      log: [{ status: code }],
    });
  });

  it('waits as long as Retry-After asks', async () => {
    receiver.reply = status(429, { 'retry-after': '600' });
    const message = await world.receive(phone, 'x');
    await expect(world.turn(message, endpointId)).resolves.toEqual({ againAfterMs: 600_000 });
  });

  it('writes down why there was no answer', async () => {
    receiver.reply = () => undefined;
    const message = await world.receive(phone, 'x');
    await world.turn(message, endpointId);
    await expect(owed(message)).resolves.toMatchObject({ log: [{ status: 0, error: 'timeout' }] });
  });

  it('gives an event up after 11 tries, and the lane goes on', async () => {
    receiver.reply = (response, { body }) => status(body.includes('"bad"') ? 500 : 200)(response, never);
    const bad = await world.receive(phone, 'bad');
    const good = await world.receive(phone, 'good');
    for (let attempts = 1; attempts < 11; attempts += 1) {
      world.clock.advance(waitOf(await world.turn(bad, endpointId)));
      await expect(owed(bad)).resolves.toMatchObject({ state: 'due', attempts });
    }
    await expect(world.turn(bad, endpointId)).resolves.toBe('done');
    expect(await owed(bad)).toMatchObject({ state: 'failed', attempts: 11 });
    expect((await owed(bad))?.log).toHaveLength(11);
    expect(await owed(good)).toMatchObject({ state: 'done' });
    expect(new Set(eventIds()).size).toBe(2);
  });

  it('signs each try with its own time under the same id', async () => {
    receiver.reply = status(500);
    const message = await world.receive(phone, 'x');
    const wait = waitOf(await world.turn(message, endpointId));
    world.clock.advance(wait);
    await world.turn(message, endpointId);
    const [first, second] = receiver.received.map(({ headers }) => headers);
    expect(second?.['webhook-id']).toBe(first?.['webhook-id']);
    const [before, after] = [first, second].map((headers) => Number(headers?.['webhook-timestamp']));
    expect((after ?? 0) - (before ?? 0)).toBeGreaterThanOrEqual(5);
  });

  it('P2: a worker that died between the answer and its mark posts again with the same webhook-id', async () => {
    const message = await world.receive(phone, 'x');
    const dying = sending((post) => async (...args) => {
      await post(...args);
      throw new Error('killed here');
    });
    await expect(turnWith(dying, message)).rejects.toThrow('killed here');
    await expect(owed(message)).resolves.toMatchObject({ state: 'due', attempts: 0 });
    await expect(world.turn(message, endpointId)).resolves.toBe('done');
    expect(eventIds()).toEqual([message._id, message._id]);
  });

  it('a paused twin does not undo what another worker has written', async () => {
    const message = await world.receive(phone, 'x');
    const overtaken = sending((post) => async (...args) => {
      await post(...args);
      await world.mine(() =>
        world.ctx.store
          .model(Deliveries)
          .updateOne({ messageId: message._id }, { $set: { state: 'done', attempts: 1 } })
          .exec(),
      );
      return { status: 500 };
    });
    await turnWith(overtaken, message);
    await expect(owed(message)).resolves.toMatchObject({ state: 'done', attempts: 1, log: [] });
  });

  it('posts nothing once the lane is another worker’s', async () => {
    const message = await world.receive(phone, 'x');
    const lost = { holds: async () => false };
    await expect(world.turn(message, endpointId, lost)).resolves.toBe('done');
    expect(receiver.received).toHaveLength(0);
  });

  it('stops between two events when the process stops', async () => {
    const message = await world.receive(phone, '1');
    await world.receive(phone, '2');
    const stopping = { stopping: () => receiver.received.length > 0 };
    await expect(world.turn(message, endpointId, stopping)).resolves.toEqual({ againAfterMs: 0 });
    expect(bodies()).toEqual(['1']);
  });

  it('posts one event at least before it yields to others, however slow it began', async () => {
    const message = await world.receive(phone, 'one');
    await world.receive(phone, 'two');
    const late = { yields: () => true };
    await expect(world.turn(message, endpointId, late)).resolves.toEqual({ againAfterMs: 0 });
    expect(receiver.received).toHaveLength(1);
    await expect(world.turn(message, endpointId, late)).resolves.toBe('done');
    expect(receiver.received).toHaveLength(2);
  });

  it('yields after 32 events', async () => {
    const message = await world.receive(phone, 'x');
    const [first] = await world.owed(message);
    const more = Array.from({ length: 32 }, (_, index) => {
      const row = { ...(first as DeliveryRow), position: message.position + index + 1 };
      return { ...row, _id: `${message._id}-${index}.${endpointId}`, eventId: `${message._id}-${index}` };
    });
    await world.mine(() => world.ctx.store.model(Deliveries).insertMany(more));
    await expect(world.turn(message, endpointId)).resolves.toEqual({ againAfterMs: 0 });
    expect(receiver.received).toHaveLength(32);
    await expect(world.turn(message, endpointId)).resolves.toBe('done');
    expect(new Set(eventIds()).size).toBe(33);
  });

  it('gives up what is owed to an endpoint that is disabled or gone, without posting', async () => {
    const message = await world.receive(phone, 'x');
    await world.mine(() =>
      world.ctx.store
        .model(Endpoints)
        .updateOne({ _id: endpointId }, { $set: { status: 'disabled' } })
        .exec(),
    );
    await expect(world.turn(message, endpointId)).resolves.toBe('done');
    await expect(owed(message)).resolves.toMatchObject({
      state: 'failed',
      log: [{ error: 'endpoint-not-active' }],
    });
    expect(receiver.received).toHaveLength(0);
  });

  it('P8: posts nothing of a message that is gone', async () => {
    const message = await world.receive(phone, 'x');
    await world.mine(() => world.ctx.store.model(Messages).deleteOne({ _id: message._id }).exec());
    world.clock.advance(5_000); // so long its row is kept for events; an erasure waits 40 s before it deletes
    await expect(world.turn(message, endpointId)).resolves.toBe('done');
    await expect(owed(message)).resolves.toMatchObject({ state: 'failed', log: [{ error: 'message-gone' }] });
    expect(receiver.received).toHaveLength(0);
  });

  it('P8: shows erased content as erased', async () => {
    const message = await world.receive(phone, 'secret of the client');
    const { keyring } = world.ctx.store;
    await keyring.destroy(world.tenantId, { kind: 'contact', id: message.contactId });
    await expect(world.turn(message, endpointId)).resolves.toBe('done');
    expect(receiver.received[0]?.body).not.toContain('secret of the client');
  });

  it('counts what it cannot render as a failed try, so that it does not block the lane for ever', async () => {
    const message = await world.receive(phone, 'x');
    await world.mine(() =>
      world.ctx.store
        .model(Endpoints)
        .updateOne({ _id: endpointId }, { $set: { secret: Buffer.alloc(80, 1) } })
        .exec(),
    );
    expect(waitOf(await world.turn(message, endpointId))).toBeGreaterThan(0);
    await expect(owed(message)).resolves.toMatchObject({ attempts: 1, log: [{ error: 'not-rendered' }] });
  });

  it('uses up no try while the database is away', async () => {
    const message = await world.receive(phone, 'x');
    const away = Object.assign(new Error('away'), { name: 'MongoServerSelectionError' });
    const store = world.ctx.store;
    const findRecent = (collection: { name: string }, ...of: [string, string]) => {
      if (collection.name === 'messages') return Promise.reject(away);
      return store.batches.findRecent(collection as never, ...of);
    };
    const batches = Object.create(store.batches, {
      findRecent: { value: findRecent },
      find: { value: store.batches.find.bind(store.batches) },
      findFirst: { value: store.batches.findFirst.bind(store.batches) },
    }) as typeof store.batches;
    const broken = Object.create(store, { batches: { value: batches } }) as typeof store;
    Object.assign(world.ctx, { store: broken });
    await expect(world.turn(message, endpointId)).rejects.toBe(away);
    Object.assign(world.ctx, { store });
    await expect(owed(message)).resolves.toMatchObject({ state: 'due', attempts: 0, log: [] });
  });

  it('leaves slots to others while its endpoint holds its share', async () => {
    const shares = new Shares(1);
    const message = await world.receive(phone, 'x');
    shares.take(endpointId);
    const full = { sender: world.work.sender, shares };
    const wait = waitOf(await turnWith(full, message));
    expect(wait).toBeGreaterThanOrEqual(1_000);
    expect(wait).toBeLessThanOrEqual(2_000);
    expect(receiver.received).toHaveLength(0);
    shares.release(endpointId);
    await expect(turnWith(full, message)).resolves.toBe('done');
    expect(shares.take(endpointId)).toBe(true);
  });

  it('P6: logs ids, states and times, and nothing of what was said, by whom, to where or with which secret', async () => {
    receiver.reply = status(500);
    const message = await world.receive('972599999999', 'canary-text');
    await world.turn(message, endpointId);
    const logged = world.logged();
    expect(logged).toContain(endpointId);
    expect(logged).toContain('"endpoint.delivery"');
    const words = ['canary-text', 'Canary Cohen', '972599999999', 'hooks/events', '127.0.0.1'];
    const found = [...words, secret.slice(6), 'wamid', 'token-of'].filter((word) => logged.includes(word));
    expect(found).toEqual([]);
  });
});

const never = { method: '', path: '', headers: {}, body: '' };
