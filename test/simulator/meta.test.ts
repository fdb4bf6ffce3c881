import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Client, Simulator, SimulatorOptions } from '../../simulator/index.ts';
import { fieldNames } from '../../simulator/webhooks/field-samples.ts';
import { sceneNames } from '../../simulator/webhooks/scenes.ts';
import type { FakeGateway } from './fake-gateway.ts';
import { callGraph, errorOf, NUMBER, only, OTHER_NUMBER, sendText, startPair } from './fake-gateway.ts';

let now = new Date('2026-11-22T10:00:00Z');
let gateway: FakeGateway;
let simulator: Simulator;
let stop: () => Promise<void>;
let client: Client;

const start = async (options: Partial<SimulatorOptions> = {}): Promise<void> => {
  now = new Date('2026-11-22T10:00:00Z');
  ({ gateway, simulator, stop } = await startPair({ clock: () => now, ...options }));
  client = simulator.client({ name: 'Dana', phone: '972500000001', userId: 'IL.1', username: 'dana.b' });
};
beforeEach(() => start());
afterEach(() => stop());

const to = '+972500000001';
interface Change {
  field: string;
  value: Record<string, unknown>;
}
const changes = (): (Change & { entry: { id: string; time?: number } })[] =>
  gateway.received.flatMap(({ body }) => {
    const { entry } = JSON.parse(body.toString()) as {
      entry: { id: string; time?: number; changes: Change[] }[];
    };
    return entry.flatMap((one) => one.changes.map((change) => ({ ...change, entry: one })));
  });

describe('limits of sending', () => {
  it('take a burst to one person, then one every six seconds (131056)', async () => {
    await stop();
    await start({ limits: { perSecond: 80, pairBurst: 3, pairSeconds: 6 }, window: 'off' });
    const codes = async (): Promise<unknown> => {
      const answer = await sendText(simulator, { to });
      return answer.status === 200 ? 200 : errorOf(answer).code;
    };
    expect([await codes(), await codes(), await codes(), await codes()]).toEqual([200, 200, 200, 131056]);
    now = new Date(now.getTime() + 6_000);
    expect([await codes(), await codes()]).toEqual([200, 131056]);
    expect((await sendText(simulator, { to: '+972500000002' })).status).toBe(200);
  });

  it('take so many a second from a number (130429), whoever they are for', async () => {
    await stop();
    await start({ limits: { perSecond: 2, pairBurst: 45, pairSeconds: 6 }, window: 'off' });
    const answers = await Promise.all(
      ['1', '2', '3'].map((last) => sendText(simulator, { to: `+97250000000${last}` })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 400]);
    expect((await sendText(simulator, { to }, { number: OTHER_NUMBER })).status).toBe(200);
  });

  it('are Meta’s own when asked for', async () => {
    await stop();
    await start({ limits: 'meta', window: 'off' });
    const answers = await Promise.all(Array.from({ length: 46 }, () => sendText(simulator, { to })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(45);
  });
});

describe('templates', () => {
  const definition = {
    name: 'order_ready',
    language: 'he',
    category: 'UTILITY',
    components: [
      { type: 'HEADER', format: 'TEXT', text: 'Hello {{1}}' },
      { type: 'BODY', text: 'ההזמנה {{1}} מוכנה, {{2}}' },
      { type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text: 'תודה' }] },
    ],
  };
  const create = (body: unknown = definition) =>
    callGraph(simulator, '1000/message_templates', { method: 'POST', body });
  const send = (header: number, body: number, language = 'he') => {
    const texts = (count: number): unknown[] =>
      Array.from({ length: count }, () => ({ type: 'text', text: 'x' }));
    const components = [
      { type: 'header', parameters: texts(header) },
      { type: 'body', parameters: texts(body) },
    ];
    return sendText(
      simulator,
      { to },
      { type: 'template', template: { name: 'order_ready', language: { code: language }, components } },
    );
  };

  it('are made, reviewed with a webhook, listed, sent, and deleted', async () => {
    const made = (await create()).json() as { id: string };
    expect(made).toMatchObject({ status: 'PENDING', category: 'UTILITY' });
    await simulator.idle();
    expect(only(changes())).toMatchObject({
      entry: { id: '1000', time: now.getTime() / 1_000 },
      field: 'message_template_status_update',
      value: { event: 'APPROVED', message_template_name: 'order_ready', message_template_language: 'he' },
    });
    const listed = (await callGraph(simulator, '1000/message_templates')).json();
    expect(listed['data']).toMatchObject([{ id: made.id, status: 'APPROVED' }]);
    expect((await callGraph(simulator, made.id)).json()).toMatchObject({ name: 'order_ready' });
    expect((await send(1, 2)).status).toBe(200);
    const gone = await callGraph(simulator, '1000/message_templates?name=order_ready', { method: 'DELETE' });
    expect(gone.json()).toEqual({ success: true });
  });

  it('are refused for another number of parameters, another language, and while paused', async () => {
    const { id } = (await create()).json() as { id: string };
    await simulator.idle();
    expect(errorOf(await send(1, 1))).toMatchObject({ code: 132000 });
    expect(errorOf(await send(1, 2, 'en'))).toMatchObject({ code: 132001 });
    const order = (status: string) =>
      fetch(`${simulator.url}/control/templates/${id}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ status }),
      });
    await order('PAUSED');
    expect(errorOf(await send(1, 2))).toMatchObject({ code: 132015 });
    await order('DISABLED');
    expect(errorOf(await send(1, 2))).toMatchObject({ code: 132016 });
    await order('APPROVED');
    await simulator.idle();
    expect(changes().map(({ value }) => value['event'])).toEqual([
      'APPROVED',
      'PAUSED',
      'DISABLED',
      'APPROVED',
    ]);
  });

  it('are not approved for a bad word, and not made twice or in a wrong form', async () => {
    const { id } = (await create({ ...definition, name: 'please_reject_me' })).json() as { id: string };
    await simulator.idle();
    expect((await callGraph(simulator, id)).json()).toMatchObject({
      status: 'REJECTED',
      rejected_reason: 'INVALID_FORMAT',
    });
    await create();
    expect(errorOf(await create())).toMatchObject({
      code: 100,
      details: expect.stringContaining('already') as unknown,
    });
    expect(errorOf(await create({ ...definition, name: 'Bad Name' }))).toMatchObject({ code: 100 });
    const buttons = [...'abc'].map((text) => ({ type: 'URL', text, url: 'https://a.example' }));
    const many = [...definition.components.slice(0, 2), { type: 'BUTTONS', buttons }];
    expect(errorOf(await create({ ...definition, components: many }))).toMatchObject({ code: 100 });
  });
});

describe('other fields', () => {
  it.each(fieldNames)('%s has an example', async (name) => {
    expect((await client.field(NUMBER, name)).state).toBe('accepted');
    const change = only(changes());
    expect(change).toMatchObject({ field: name, entry: { id: '1000' } });
    expect(Object.keys(change.value).length).toBeGreaterThan(0);
  });

  it('names the client in calls and history as the client is', async () => {
    await client.field(NUMBER, 'calls');
    await client.field(NUMBER, 'history');
    const [call, history] = changes();
    expect(call?.value['calls']).toMatchObject([{ from: '972500000001', from_user_id: 'IL.1' }]);
    expect(JSON.stringify(history?.value)).toContain('"progress":100');
  });

  it.each(sceneNames)('plays the scene %s', async (name) => {
    const records = await client.scene(NUMBER, name);
    expect(records.map(({ state }) => state)).toEqual(records.map(() => 'accepted'));
    expect(changes()).toHaveLength(records.length);
  });

  it('takes a value of one’s own', async () => {
    await client.field(NUMBER, 'a_field_of_2027', { anything: 1 });
    expect(only(changes())).toMatchObject({ field: 'a_field_of_2027', value: { anything: 1 } });
  });
});

describe('a person', () => {
  const messages = (): Record<string, unknown>[] => gateway.values().flatMap((value) => value.messages ?? []);

  it('who changes the number is told of by both ids, with the old phone as sender', async () => {
    await client.send(NUMBER, 'hello').posted;
    await client.move({ phone: '972500000077' });
    const [, told] = messages();
    expect(told).toMatchObject({
      type: 'system',
      from: '972500000001',
      system: {
        type: 'user_changed_number',
        wa_id: '972500000077',
        previous_user_id: 'IL.1',
        user_id: client.userId(NUMBER),
      },
    });
    expect(client.userId(NUMBER)).not.toBe('IL.1');
    await client.send(NUMBER, 'it is me').posted;
    expect(messages().at(-1)).toMatchObject({ from: '972500000077', from_user_id: client.userId(NUMBER) });
    const heir = simulator.client({ name: 'Heir', phone: '972500000001' });
    expect(heir.person.phone).toBe('972500000001');
  });

  it('whose phone is hidden is told of without it', async () => {
    client.change({ hidesPhone: true });
    await client.send(NUMBER, 'hello').posted;
    await client.move({ phone: '972500000077' });
    const told = messages().at(-1);
    expect(told).toMatchObject({ system: { type: 'user_changed_user_id', previous_user_id: 'IL.1' } });
    expect(JSON.stringify(told)).not.toContain('97250000');
  });

  it('may be named as in the drafts of 2025', async () => {
    client.change({ hidesPhone: true, dialect: 'draft' });
    await client.send(NUMBER, 'a').posted;
    client.change({ dialect: 'misplaced' });
    await client.send(NUMBER, 'b').posted;
    expect(messages()).toMatchObject([{ from: '' }, { from: 'IL.1' }]);
    expect(gateway.values()[1]?.contacts).toMatchObject([
      { wa_id: 'IL.1', profile: { username: '@dana.b' } },
    ]);
  });
});

describe('the way of a webhook', () => {
  it('may be late, so that what is written later overtakes it', async () => {
    const late = client.send(NUMBER, 'first', { late: 100 });
    await client.send(NUMBER, 'second').posted;
    await late.posted;
    expect(gateway.texts()).toEqual(['second', 'first']);
  });

  it('may be as large as Meta’s largest', async () => {
    await client.send(NUMBER, 'large', { bytes: 3_000_000 }).posted;
    const body = gateway.received[0]?.body;
    expect(body?.length).toBe(3_000_000);
    expect(gateway.texts()).toEqual(['large']);
  });
});

describe('statuses', () => {
  const send = async (): Promise<void> => {
    await client.send(NUMBER, 'hello').posted;
    expect((await sendText(simulator, { to })).status).toBe(200);
    await simulator.idle();
  };

  it('may be missing', async () => {
    simulator.faults.nextSend({ kind: 'missingStatuses', statuses: ['delivered'] });
    await send();
    expect(gateway.statuses()).toEqual(['sent', 'read']);
  });

  it('may come late, with the times at which they happened', async () => {
    simulator.faults.nextSend({ kind: 'lateStatuses', milliseconds: 30 });
    await send();
    expect(gateway.statuses()).toEqual(['sent', 'delivered', 'read']);
  });
});
