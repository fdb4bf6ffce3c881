import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Simulator } from '../../simulator/index.ts';
import type { FakeGateway } from './fake-gateway.ts';
import { NUMBER, only, OTHER_NUMBER, startPair } from './fake-gateway.ts';

let gateway: FakeGateway;
let simulator: Simulator;
let stop: () => Promise<void>;

beforeEach(async () => {
  ({ gateway, simulator, stop } = await startPair({ clock: () => new Date('2026-11-22T10:00:00Z') }));
});
afterEach(() => stop());

describe('a batch', () => {
  const shape = (): unknown => {
    const { entry } = JSON.parse(only(gateway.received).body.toString()) as {
      entry: { id: string; changes: { value: { messages: unknown[]; contacts: unknown[] } }[] }[];
    };
    return entry.map(({ id, changes }) => [
      id,
      changes.map(({ value }) => [value.messages.length, value.contacts.length]),
    ]);
  };
  const post = async (layout: 'merged' | 'changes' | 'entries'): Promise<void> => {
    const one = simulator.client({ name: 'A', phone: '972500000001' });
    const two = simulator.client({ name: 'B', phone: '972500000002' });
    const items = [
      { client: one, phoneNumberId: NUMBER, message: 'a1' },
      { client: one, phoneNumberId: NUMBER, message: 'a2' },
      { client: two, phoneNumberId: NUMBER, message: 'b1' },
      { client: two, phoneNumberId: OTHER_NUMBER, message: 'b2' },
    ];
    await simulator.sendBatch(items, { layout }).posted;
    expect(gateway.texts()).toEqual(['a1', 'a2', 'b1', 'b2']);
  };

  it('merges messages of one number into one value', async () => {
    await post('merged');
    expect(shape()).toEqual([
      ['1000', [[3, 2]]],
      ['2000', [[1, 1]]],
    ]);
  });

  it('gives each message a change', async () => {
    await post('changes');
    expect(shape()).toEqual([
      [
        '1000',
        [
          [1, 1],
          [1, 1],
          [1, 1],
        ],
      ],
      ['2000', [[1, 1]]],
    ]);
  });

  it('gives each message an entry', async () => {
    await post('entries');
    expect(shape()).toEqual([
      ['1000', [[1, 1]]],
      ['1000', [[1, 1]]],
      ['1000', [[1, 1]]],
      ['2000', [[1, 1]]],
    ]);
  });
});

describe('repetitions', () => {
  it('are the same bytes, on their way at the same time', async () => {
    let waiting = 0;
    let open: () => void = () => undefined;
    const together = new Promise<void>((resolve) => {
      open = resolve;
    });
    gateway.answer = async () => {
      waiting += 1;
      if (waiting === 3) open();
      await together;
      return { status: 200 };
    };
    const client = simulator.client({ name: 'A', phone: '972500000001' });
    const records = await client.send(NUMBER, 'again', { times: 3 }).all;
    expect(records.map(({ state }) => state)).toEqual(['accepted', 'accepted', 'accepted']);
    expect(new Set(gateway.received.map(({ body }) => body.toString())).size).toBe(1);
    expect(client.thread(NUMBER)).toHaveLength(1);
  });

  it('may come later under the same wamid', async () => {
    const client = simulator.client({ name: 'A', phone: '972500000001' });
    const first = client.send(NUMBER, 'once');
    await first.posted;
    await client.send(NUMBER, 'once', { wamid: first.wamid }).posted;
    expect(gateway.values().map(({ messages }) => only(messages)['id'])).toEqual([first.wamid, first.wamid]);
  });
});
