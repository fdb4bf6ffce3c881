import { afterEach, describe, expect, it } from '@jest/globals';

import type { Client, SimulatorOptions } from '../../simulator/index.ts';
import type { Person } from '../../simulator/people/people.ts';
import { Thread } from '../../simulator/people/threads.ts';
import { Prices } from '../../simulator/prices.ts';
import { errorOf, NUMBER, sendText, startPair } from './fake-gateway.ts';

type Pair = Awaited<ReturnType<typeof startPair>>;
let pair: Pair | undefined;

/** A pair in which the client has written, so that the window is open. */
const start = async (options: Partial<SimulatorOptions> = {}): Promise<Pair & { client: Client }> => {
  pair = await startPair(options);
  const client = pair.simulator.client({ name: 'A', phone: '972500000001', userId: 'IL.1' });
  await client.send(NUMBER, 'hello').posted;
  return { ...pair, client };
};
afterEach(async () => {
  await pair?.stop();
  pair = undefined;
});

const to = '+972500000001';

describe('the statuses of a send', () => {
  it('are sent, delivered, read, with our own data and the price', async () => {
    const { gateway, simulator } = await start();
    await sendText(simulator, { to }, { biz_opaque_callback_data: 'message-1' });
    await simulator.idle();
    expect(gateway.statuses()).toEqual(['sent', 'delivered', 'read']);
    const statuses = gateway.values().flatMap((value) => value.statuses ?? []);
    for (const status of statuses) {
      expect(status).toMatchObject({
        id: simulator.sent[0]?.wamid,
        recipient_id: '972500000001',
        recipient_user_id: 'IL.1',
        biz_opaque_callback_data: 'message-1',
      });
      expect(status['timestamp']).toMatch(/^\d{10}$/);
    }
    const price = {
      billable: false,
      pricing_model: 'PMP',
      category: 'service',
      type: 'free_customer_service',
    };
    expect(statuses.map(({ pricing }) => pricing)).toEqual([price, price, undefined]);
  });

  it('keep their order although one must be posted again', async () => {
    const { gateway, simulator } = await start();
    let refused = 0;
    gateway.answer = ({ body }) => {
      if (!body.includes('"delivered"') || refused === 2) return { status: 200 };
      refused += 1;
      return { status: 503 };
    };
    await sendText(simulator, { to });
    await simulator.idle();
    expect(gateway.statuses()).toEqual(['sent', 'delivered', 'delivered', 'delivered', 'read']);
  });

  it('of one message do not wait for those of another', async () => {
    const { gateway, simulator } = await start({ retryDelays: [60_000] });
    gateway.answer = ({ body }) => ({ status: body.includes('first') ? 503 : 200 });
    await sendText(simulator, { to }, { biz_opaque_callback_data: 'first' });
    await sendText(simulator, { to }, { biz_opaque_callback_data: 'second' });
    await simulator.waitFor(() => gateway.statuses().length === 4);
    expect(gateway.statuses()).toEqual(['sent', 'sent', 'delivered', 'read']);
  });

  it('come after their delays', async () => {
    const { gateway, simulator } = await start({ statuses: { sent: 5, delivered: 30, read: 55 } });
    const started = performance.now();
    const times: number[] = [];
    gateway.answer = () => {
      times.push(performance.now() - started);
      return { status: 200 };
    };
    await sendText(simulator, { to });
    await simulator.idle();
    expect(gateway.statuses()).toEqual(['sent', 'delivered', 'read']);
    // Timers of Node may fire up to 1 ms early.
    [4, 28, 52].forEach((least, index) => expect(times[index]).toBeGreaterThanOrEqual(least));
  });

  it('end with sent for a reaction', async () => {
    const { gateway, simulator, client } = await start();
    const message_id = client.thread(NUMBER)[0]?.wamid;
    await sendText(simulator, { to }, { type: 'reaction', reaction: { message_id, emoji: '👍' } });
    await simulator.idle();
    expect(gateway.statuses()).toEqual(['sent']);
    expect(client.inbox(NUMBER)).toMatchObject([{ type: 'reaction', content: { emoji: '👍' } }]);
  });

  it('wait for the person who reads by hand, and read comes for each unread message', async () => {
    const { gateway, simulator, client } = await start();
    client.change({ reading: 'manual' });
    await sendText(simulator, { to });
    await sendText(simulator, { to });
    await simulator.idle();
    expect(gateway.statuses()).toEqual(['sent', 'delivered', 'sent', 'delivered']);
    await client.read(NUMBER);
    expect(gateway.statuses().slice(4)).toEqual(['read', 'read']);
    await client.read(NUMBER);
    expect(gateway.statuses()).toHaveLength(6);
  });

  it('never say read when read receipts are off', async () => {
    const { gateway, simulator, client } = await start();
    client.change({ reading: 'off' });
    await sendText(simulator, { to });
    await simulator.idle();
    await client.read(NUMBER);
    expect(gateway.statuses()).toEqual(['sent', 'delivered']);
  });

  it('come only by order when they are manual', async () => {
    const { gateway, simulator, client } = await start({ statuses: 'manual' });
    await sendText(simulator, { to });
    await simulator.idle();
    expect(client.inbox(NUMBER)).toHaveLength(1);
    expect(gateway.statuses()).toEqual([]);
    const wamid = simulator.sent[0]?.wamid ?? '';
    await simulator.status(wamid, 'read');
    await simulator.status(wamid, 'played');
    await simulator.status(wamid, 'failed', 131053);
    expect(gateway.statuses()).toEqual(['read', 'played', 'failed']);
    expect(client.inbox(NUMBER)[0]?.readAt).not.toBeNull();
    await expect(simulator.status('wamid.nobody', 'sent')).rejects.toThrow('No accepted send has this wamid');
  });
});

describe('a group', () => {
  it('is told of, written to by its members, and answers with statuses of each', async () => {
    const { gateway, simulator, client } = await start();
    const other = simulator.client({ name: 'B', phone: '972500000002', reading: 'off' });
    const members = [client, other];
    const group = simulator.group({ phoneNumberId: NUMBER, subject: 'Cakes', members });
    await group.write(client, 'Shalom, all').posted;
    const wamid = client.thread(NUMBER).at(-1)?.wamid ?? '';
    await sendText(simulator, { to: group.id }, { recipient_type: 'group' });
    await simulator.idle();
    const [message] = gateway
      .values()
      .flatMap((value) => value.messages ?? [])
      .slice(-1);
    expect(message).toMatchObject({ group_id: group.id, from: '972500000001' });
    const statuses = gateway.values().flatMap((value) => value.statuses ?? []);
    const of = { recipient_type: 'group', recipient_id: group.id };
    expect(statuses).toMatchObject([
      { ...of, status: 'sent', pricing: { category: 'group_service', type: 'free_group_customer_service' } },
      { ...of, status: 'delivered', recipient_participant_user_id: 'IL.1' },
      { ...of, status: 'delivered', recipient_participant_id: '972500000002' },
      { ...of, status: 'read', recipient_participant_id: '972500000001' },
    ]);
    expect(other.inbox(NUMBER)).toMatchObject([{ group: true }]);
    const pin = { type: 'pin', pin: { type: 'pin', message_id: wamid, expiration_days: 7 } };
    await sendText(simulator, { to: group.id }, { recipient_type: 'group', ...pin });
    expect(group.pinned).toBe(wamid);
    group.leave(other);
    await simulator.idle();
    const reaction = { type: 'reaction', reaction: { message_id: wamid, emoji: '👍' } };
    const toGroup = { recipient_type: 'group' };
    expect(errorOf(await sendText(simulator, { to: group.id }, { ...toGroup, ...reaction })).code).toBe(
      131051,
    );
    expect(errorOf(await sendText(simulator, { to: 'nobody' }, { ...toGroup, ...pin })).code).toBe(131020);
  });
});

describe('the price', () => {
  const at = (day: string) => new Date(`${day}T12:00:00Z`);
  const chat = (lastClientMessageAt: Date | null) => {
    const thread = new Thread({} as Person, NUMBER);
    thread.lastClientMessageAt = lastClientMessageAt;
    return thread;
  };
  const of = (day: string, category?: string) => ({
    phoneNumberId: NUMBER,
    templateCategory: category,
    thread: chat(at(day)),
    group: null,
    at: at(day),
  });

  it('of a utility template in the window changed on 1 October 2026', () => {
    const prices = new Prices();
    expect(prices.of(of('2026-09-30', 'UTILITY')).type).toBe('free_customer_service');
    expect(prices.of(of('2026-10-01', 'UTILITY')).type).toBe('regular');
    expect(prices.of(of('2026-09-30', 'MARKETING')).type).toBe('regular');
  });

  it('of a service message begins after the month’s free ones', () => {
    const prices = new Prices();
    const types = Array.from({ length: 1_001 }, () => prices.of(of('2026-10-05')).type);
    expect(types.indexOf('regular')).toBe(1_000);
    expect(prices.of(of('2026-11-01')).type).toBe('free_customer_service');
    expect(prices.of(of('2026-09-05')).type).toBe('free_customer_service');
  });

  it('is nothing for 72 hours after an ad was answered within a day', () => {
    const prices = new Prices();
    const asked = { ...of('2026-11-01', 'MARKETING') };
    asked.thread.comeByAd(at('2026-11-01'));
    const types = ['2026-11-01', '2026-11-03', '2026-11-05'].map(
      (day) => prices.of({ ...asked, at: at(day) }).type,
    );
    expect(types).toEqual(['free_entry_point', 'free_entry_point', 'regular']);
    asked.thread.comeByAd(at('2026-11-06'));
    expect(prices.of({ ...asked, at: at('2026-11-08') }).type).toBe('regular');
  });
});
