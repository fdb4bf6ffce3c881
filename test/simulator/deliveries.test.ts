import { afterEach, describe, expect, it } from '@jest/globals';

import type { SimulatorOptions } from '../../simulator/index.ts';
import { startSimulator } from '../../simulator/index.ts';
import type { Received } from './fake-gateway.ts';
import { NUMBER, optionsFor, OTHER_NUMBER, startPair, valuesOf } from './fake-gateway.ts';

type Pair = Awaited<ReturnType<typeof startPair>>;
let pair: Pair | undefined;

const start = async (options: Partial<SimulatorOptions> = {}): Promise<Pair> => {
  pair = await startPair(options);
  return pair;
};
afterEach(async () => {
  await pair?.stop();
  pair = undefined;
});

/** A promise and its key. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

const senderOf = ({ body }: Received): unknown => valuesOf(body)[0]?.messages?.[0]?.['from'];

describe('a webhook', () => {
  it('is posted again until it is answered 200, and every attempt is on record', async () => {
    const { gateway, simulator } = await start();
    const answers = [503, 'cut', 204, 302, 200] as const;
    gateway.answer = () => {
      const next = answers[gateway.received.length - 1] ?? 200;
      return next === 'cut' ? 'cut' : { status: next };
    };
    const record = await simulator.client({ name: 'A', phone: '972500000001' }).send(NUMBER, 'x').posted;
    expect(record.state).toBe('accepted');
    expect(record.attempts.map(({ status }) => status)).toEqual([503, null, 204, 302, 200]);
    expect(record.attempts[1]?.error).toBe('ECONNRESET');
    expect(new Set(gateway.received.map(({ body }) => body.toString())).size).toBe(1);
    expect(simulator.deliveries).toEqual([record]);
  });

  it('waits longer from attempt to attempt', async () => {
    const { gateway, simulator } = await start({ retryDelays: [1, 60_000] });
    gateway.answer = () => ({ status: 500 });
    const { record } = simulator.client({ name: 'A', phone: '972500000001' }).send(NUMBER, 'x');
    await simulator.waitFor(() => record.attempts.length === 2 && record.state === 'retrying');
    const wait = (record.nextAttemptAt?.getTime() ?? 0) - Date.now();
    expect(wait).toBeGreaterThan(50_000);
    expect(wait).toBeLessThanOrEqual(60_000);
  });

  it('counts as failed without an answer in time', async () => {
    const { gateway, simulator } = await start({ webhookTimeout: 20 });
    gateway.answer = () => (gateway.received.length === 1 ? new Promise(() => undefined) : { status: 200 });
    const record = await simulator.client({ name: 'A', phone: '972500000001' }).send(NUMBER, 'x').posted;
    expect(record.attempts.map(({ status }) => status)).toEqual([null, 200]);
    expect(record.attempts[0]?.error).toBe('no answer within 20 ms');
  });

  it('is stopped with the simulator', async () => {
    const { gateway, simulator } = await start({ retryDelays: [60_000] });
    gateway.answer = () => ({ status: 500 });
    const { posted, record } = simulator.client({ name: 'A', phone: '972500000001' }).send(NUMBER, 'x');
    await simulator.waitFor(() => record.state === 'retrying');
    await simulator.stop();
    expect((await posted).state).toBe('stopped');
    await gateway.stop();
    pair = undefined;
  });
});

describe('order', () => {
  it("posts a client's next message only after the earlier one was answered 200", async () => {
    const { gateway, simulator } = await start();
    let refused = 0;
    gateway.answer = ({ body }) => {
      if (body.includes('first') && refused < 3) {
        refused += 1;
        return { status: 503 };
      }
      return { status: 200 };
    };
    const client = simulator.client({ name: 'A', phone: '972500000001' });
    const sends = ['first', 'second', 'third'].map((text) => client.send(NUMBER, text));
    expect(sends.map(({ record }) => record.state)).toEqual(['waiting', 'waiting', 'waiting']);
    await Promise.all(sends.map(({ posted }) => posted));
    expect(gateway.texts()).toEqual(['first', 'first', 'first', 'first', 'second', 'third']);
  });

  it('lets nobody wait for another client or another number', async () => {
    const { gateway, simulator } = await start();
    const { opened, open } = gate();
    gateway.answer = async (request) => {
      const slow =
        senderOf(request) === '972500000001' &&
        valuesOf(request.body)[0]?.metadata.phone_number_id === NUMBER;
      if (slow) await opened;
      return { status: 200 };
    };
    const slow = simulator.client({ name: 'A', phone: '972500000001' });
    const quick = simulator.client({ name: 'B', phone: '972500000002' });
    const first = slow.send(NUMBER, 'slow');
    await quick.send(NUMBER, 'quick').posted;
    await slow.send(OTHER_NUMBER, 'elsewhere').posted;
    expect(first.record.state).toBe('posting');
    open();
    await first.posted;
  });

  it('holds for a batch in all of its chats', async () => {
    const { gateway, simulator } = await start();
    const one = simulator.client({ name: 'A', phone: '972500000001' });
    const two = simulator.client({ name: 'B', phone: '972500000002' });
    gateway.answer = () => ({ status: gateway.received.length === 1 ? 500 : 200 });
    const batch = simulator.sendBatch([
      { client: one, phoneNumberId: NUMBER, message: 'a1' },
      { client: two, phoneNumberId: NUMBER, message: 'b1' },
    ]);
    await Promise.all([batch.posted, one.send(NUMBER, 'a2').posted, two.send(NUMBER, 'b2').posted]);
    expect(gateway.texts().slice(0, 4)).toEqual(['a1', 'b1', 'a1', 'b1']);
    expect(gateway.texts().slice(4).sort()).toEqual(['a2', 'b2']);
  });

  it('can be switched off', async () => {
    const { gateway, simulator } = await start({ ordered: false });
    const { opened, open } = gate();
    gateway.answer = async ({ body }) => {
      if (body.includes('first')) await opened;
      return { status: 200 };
    };
    const client = simulator.client({ name: 'A', phone: '972500000001' });
    const first = client.send(NUMBER, 'first');
    await client.send(NUMBER, 'second').posted;
    open();
    await first.posted;
    expect(first.record.state).toBe('accepted');
  });
});

describe('waiting in a script', () => {
  it('tells what the state is when time is up', async () => {
    const { gateway, simulator } = await start({ retryDelays: [60_000] });
    gateway.answer = () => ({ status: 503 });
    simulator.client({ name: 'A', phone: '972500000001' }).send(NUMBER, 'x');
    await simulator.waitFor(({ deliveries }) => deliveries[0]?.state === 'retrying');
    await expect(simulator.idle(1)).rejects.toThrow(
      'Nothing after 1 ms. Accepted sends: 0; webhooks: 1, not accepted: 1 (retrying after status 503); tasks running: 1.',
    );
  });

  it('hands on what the condition throws', async () => {
    const { simulator } = await start();
    const broken = simulator.waitFor(() => {
      throw new Error('wrong condition');
    });
    await expect(broken).rejects.toThrow('wrong condition');
  });
});

describe('a log line', () => {
  it('tells how a webhook went and nothing of what it said', async () => {
    const lines: Record<string, unknown>[] = [];
    const { simulator } = await start({ log: (line) => lines.push(line) });
    const { wamid, posted } = simulator
      .client({ name: 'Dana Levi', phone: '972500000001' })
      .send(NUMBER, 'secret words');
    await posted;
    expect(lines).toEqual([
      expect.objectContaining({ event: 'webhook.posted', outcome: 'accepted', attempts: 1, status: 200 }),
    ]);
    const text = JSON.stringify(lines);
    for (const secret of ['secret words', 'Dana Levi', '972500000001', wamid]) {
      expect(text).not.toContain(secret);
    }
  });
});

describe('settings', () => {
  it('name what needs a correction', async () => {
    const broken = startSimulator({ ...optionsFor('http://127.0.0.1:1/'), numbers: [], appSecret: '' });
    await expect(broken).rejects.toThrow(/appSecret[\s\S]*numbers/);
  });

  it('refuse two people with one phone', async () => {
    const { simulator } = await start();
    simulator.client({ name: 'A', phone: '972500000001' });
    expect(() => simulator.client({ name: 'B', phone: '+972500000001' })).toThrow('person-1 has this phone');
    expect(() => simulator.client({ name: 'C' })).toThrow('a person needs a phone, a userId, or both');
  });
});
