import { afterEach, describe, expect, it } from '@jest/globals';

import type { Client, SimulatorOptions } from '../../simulator/index.ts';
import { callGraph, errorOf, NUMBER, sendText, startPair } from './fake-gateway.ts';

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

describe('an ordered fault', () => {
  it('answers with the Graph error of its code, once, and nothing is sent', async () => {
    const { simulator } = await start();
    simulator.faults.nextSend({ kind: 'error', code: 130429, details: 'too fast' });
    expect(errorOf(await sendText(simulator, { to }))).toEqual({
      status: 400,
      code: 130429,
      details: 'too fast',
    });
    expect(simulator.sent).toHaveLength(0);
    expect((await sendText(simulator, { to })).status).toBe(200);
  });

  it('answers 500 without a Graph error object', async () => {
    const { simulator } = await start();
    simulator.faults.nextSend({ kind: 'http' });
    const answer = await sendText(simulator, { to });
    expect(answer.status).toBe(500);
    expect(answer.text).toMatch(/^<html>/);
    expect(simulator.sent).toHaveLength(0);
  });

  it('cuts the connection after accepting', async () => {
    const { gateway, simulator, client } = await start();
    simulator.faults.nextSend({ kind: 'reset' });
    await expect(sendText(simulator, { to })).rejects.toThrow('fetch failed');
    await simulator.idle();
    expect(simulator.sent).toHaveLength(1);
    expect(client.inbox(NUMBER)).toHaveLength(1);
    expect(gateway.statuses()).toEqual(['sent', 'delivered', 'read']);
  });

  it('is kept among the calls with what became of it and whether it was answered', async () => {
    const { simulator } = await start();
    const faults: Parameters<typeof simulator.faults.nextSend>[0][] = [
      { kind: 'slow', milliseconds: 1 },
      { kind: 'error', code: 130429 },
      { kind: 'http' },
      { kind: 'http', accepted: true },
      { kind: 'reset', accepted: false },
      { kind: 'reset' },
    ];
    for (const fault of faults) {
      simulator.faults.nextSend(fault);
      await sendText(simulator, { to }).catch(() => undefined);
    }
    expect(simulator.calls.map(({ outcome, answered }) => [outcome, answered])).toEqual([
      ['accepted', true],
      ['refused', true],
      ['dropped', false],
      ['accepted', false],
      ['dropped', false],
      ['accepted', false],
    ]);
  });

  it('cuts the connection without accepting', async () => {
    const { simulator } = await start();
    simulator.faults.nextSend({ kind: 'reset', accepted: false });
    await expect(sendText(simulator, { to })).rejects.toThrow('fetch failed');
    expect(simulator.sent).toHaveLength(0);
  });

  it.each([true, false])('never answers (accepted: %s)', async (accepted) => {
    const { simulator } = await start();
    simulator.faults.nextSend({ kind: 'hang', accepted });
    const answer = sendText(simulator, { to }).catch((error: unknown) => error);
    await simulator.waitFor(() => simulator.faults.pending().length === 0);
    await simulator.idle();
    expect(simulator.sent).toHaveLength(accepted ? 1 : 0);
    await pair?.stop();
    pair = undefined;
    expect(String(await answer)).toContain('fetch failed');
  });

  it('answers late, after the statuses', async () => {
    const { gateway, simulator } = await start();
    simulator.faults.nextSend({ kind: 'slow', milliseconds: 40 });
    const statusesBefore = sendText(simulator, { to }).then(() => gateway.statuses());
    expect(await statusesBefore).toEqual(['sent', 'delivered', 'read']);
  });

  it('reverses the statuses, which keep their true times', async () => {
    let seconds = 1_795_000_000;
    const clock = (): Date => {
      seconds += 1;
      return new Date(seconds * 1_000);
    };
    const { gateway, simulator } = await start({ clock });
    simulator.faults.nextSend({ kind: 'reversedStatuses' });
    await sendText(simulator, { to });
    await simulator.idle();
    expect(gateway.statuses()).toEqual(['read', 'delivered', 'sent']);
    const times = gateway
      .values()
      .flatMap((value) => (value.statuses ?? []).map(({ timestamp }) => Number(timestamp)));
    expect(times).toEqual([...times].sort((one, other) => other - one));
    expect(new Set(times).size).toBe(3);
  });

  it('repeats the statuses', async () => {
    const { gateway, simulator } = await start();
    simulator.faults.nextSend({ kind: 'repeatedStatuses', times: 2 });
    await sendText(simulator, { to });
    await simulator.idle();
    expect(gateway.statuses()).toEqual(['sent', 'sent', 'delivered', 'delivered', 'read', 'read']);
  });

  it.each([
    { afterSent: false, expected: ['failed'] },
    { afterSent: true, expected: ['sent', 'failed'] },
  ])('fails the message by status (after sent: $afterSent)', async ({ afterSent, expected }) => {
    const { gateway, simulator, client } = await start();
    simulator.faults.nextSend({ kind: 'failedStatus', code: 131049, afterSent });
    expect((await sendText(simulator, { to })).status).toBe(200);
    await simulator.idle();
    expect(gateway.statuses()).toEqual(expected);
    expect(gateway.values().at(-1)?.statuses).toMatchObject([{ errors: [{ code: 131049 }] }]);
    expect(client.inbox(NUMBER)).toHaveLength(0);
  });

  it('meets only the sends that it is for, as often as ordered', async () => {
    const { simulator } = await start();
    const other = simulator.client({ name: 'B', phone: '972500000002' });
    await other.send(NUMBER, 'hello').posted;
    simulator.faults.nextSend({ kind: 'error', code: 131000 }, { address: '972500000002', times: 2 });
    simulator.faults.nextSend({ kind: 'error', code: 131016 }, { phoneNumberId: '2001' });
    const statuses: number[] = [];
    for (const address of [to, '+972500000002', '+972500000002', '+972500000002']) {
      statuses.push((await sendText(simulator, { to: address })).status);
    }
    expect(statuses).toEqual([200, 500, 500, 200]);
    expect(simulator.faults.pending()).toHaveLength(1);
    simulator.faults.clear();
    expect(simulator.faults.pending()).toEqual([]);
  });

  it('is not used up by a call that is refused anyway', async () => {
    const { simulator } = await start();
    simulator.faults.nextSend({ kind: 'http' });
    const bad = await callGraph(simulator, `${NUMBER}/messages`, {
      method: 'POST',
      body: { messaging_product: 'x' },
    });
    expect(bad.status).toBe(400);
    expect(simulator.faults.pending()).toHaveLength(1);
  });
});
