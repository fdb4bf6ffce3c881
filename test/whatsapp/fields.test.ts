/** Changes of other fields are taken apart; each part keeps the form of the whole and names its person. */
import { describe, expect, it } from '@jest/globals';

import { lanePartsOf } from '../../src/lanes/place.ts';
import { calledAt, mergedCall, readCall } from '../../src/whatsapp/payload/calls.ts';
import { numberIn, partsOfChange, personOfChange } from '../../src/whatsapp/payload/fields.ts';
import type { Json } from '../../src/whatsapp/payload/json.ts';

const metadata = { phone_number_id: '106' };
const noa = { wa_id: '972500000001', user_id: 'IL.1' };
const gil = { wa_id: '972500000002', user_id: 'IL.2' };
const laneOf = (change: Json): string[] =>
  lanePartsOf({
    kind: 'other',
    app: 'default',
    wabaId: '7',
    field: 'x',
    phoneNumberId: '106',
    body: { value: change },
  });

describe('a change', () => {
  it('of an import comes in slices of a thread, so that no lane is held for long', () => {
    const messages = Array.from({ length: 120 }, (_, index) => ({ id: `wamid.${index}` }));
    const threads = [
      { id: '972500000001', messages },
      { id: '972500000002', messages: [] },
    ];
    const chunk = { metadata: { phase: 0, progress: 40 }, threads };
    const parts = partsOfChange('history', { field: 'history', value: { metadata, history: [chunk] } });
    const sizes = parts.map(
      ({ value }) => (value as { history: [{ threads: [{ messages: [] }] }] }).history[0],
    );
    expect(sizes.map(({ threads: [thread] }) => thread.messages.length)).toEqual([50, 50, 20, 0]);
    expect(parts.map((part) => personOfChange(part).phone)).toEqual([
      ...Array<string>(3).fill('972500000001'),
      '972500000002',
    ]);
  });

  it('gives each update its own contact, and the lane of its person', () => {
    const update = ({ wa_id: to, user_id: id }: typeof noa) => ({ id: `wamid.${to}`, to, to_user_id: id });
    const value = { metadata, contacts: [gil, noa], message_echoes: [update(noa), update(gil)] };
    const parts = partsOfChange('smb_message_echoes', { field: 'smb_message_echoes', value });
    expect(parts).toMatchObject([
      { value: { contacts: [noa], message_echoes: [{ to: noa.wa_id }] } },
      { value: { contacts: [gil], message_echoes: [{ to: gil.wa_id }] } },
    ]);
    expect(parts.map(laneOf)).toEqual([
      ['106', 'IL.1'],
      ['106', 'IL.2'],
    ]);
  });

  it('in standby keeps messages, echoes and statuses apart', () => {
    const standby = {
      messages: [{ id: 'a', from: '972500000001' }],
      statuses: [{ id: 'b', recipient_id: '972500000002' }],
    };
    const parts = partsOfChange('standby', { value: { metadata, standby } });
    expect(parts.map(laneOf)).toEqual([
      ['106', '972500000001'],
      ['106', '972500000002'],
    ]);
  });

  it('of a group has the lane of the group', () => {
    const change = { value: { groups: [{ group_id: 'G1', type: 'group_create' }] } };
    expect(partsOfChange('group_lifecycle_update', change).map(laneOf)).toEqual([['106', 'G1']]);
  });

  it.each([
    ['flows', { event: 'X' }],
    ['calls', { calls: 'odd' }],
    ['history', {}],
    ['tomorrow', [1]],
  ])('of %s that can’t be taken apart stays whole', (field, value) => {
    expect(partsOfChange(field, { field, value })).toEqual([{ field, value }]);
  });

  it('names its number in one of three places', () => {
    expect(numberIn({ metadata })).toBe('106');
    expect(numberIn({ recipient: metadata })).toBe('106');
    expect(numberIn({ phone_number_settings: metadata })).toBe('106');
    expect(numberIn({ display_phone_number: '+1' })).toBeUndefined();
  });
});

describe('a call', () => {
  it.each([
    [{ event: 'connect' }, 'ringing'],
    [{ event: 'terminate', status: 'COMPLETED', duration: 5 }, 'answered'],
    [{ event: 'terminate', status: 'COMPLETED', duration: 0 }, 'missed'],
    [{ event: 'terminate', status: 'FAILED' }, 'missed'],
    [{ event: 'terminate', status: 'REJECTED' }, 'declined'],
    [{ status: 'RINGING' }, 'ringing'],
    [{ status: 'ACCEPTED' }, 'ongoing'],
    [{ status: 'REJECTED' }, 'declined'],
    [{ status: 'TOMORROW' }, undefined],
  ])('%j is %s', (call, outcome) => {
    expect(readCall(call)?.outcome).toBe(outcome);
  });

  it('ends the same in whatever order its events come', () => {
    const end = { outcome: 'answered' as const, duration: 5 };
    expect(mergedCall({ outcome: 'ringing' }, end)).toEqual(end);
    expect(mergedCall(end, { outcome: 'ringing' })).toEqual(end);
    expect(mergedCall({ outcome: 'declined' }, { outcome: 'missed' })).toEqual({ outcome: 'declined' });
  });

  it('counts from when the client began it, and only the client’s', () => {
    const call = { direction: 'USER_INITIATED', timestamp: '100' };
    expect(calledAt({ ...call, event: 'connect' })).toEqual(new Date(100_000));
    expect(calledAt({ ...call, event: 'terminate', duration: 40 })).toEqual(new Date(60_000));
    expect(calledAt({ ...call, event: 'terminate', start_time: '70', duration: 30 })).toEqual(
      new Date(70_000),
    );
    expect(calledAt({ ...call, direction: 'BUSINESS_INITIATED', event: 'connect' })).toBeUndefined();
  });
});

describe('P3: a system message that tells of new ids', () => {
  const laneOfMessage = (message: Json) =>
    lanePartsOf({
      kind: 'message',
      app: 'default',
      wabaId: '7',
      field: 'messages',
      phoneNumberId: '106',
      body: { message },
    });
  const system = {
    type: 'system',
    from: noa.wa_id,
    system: { type: 'user_changed_number', previous_user_id: 'IL.1', wa_id: gil.wa_id, user_id: 'IL.9' },
  };

  it('waits in the lane of who writes under the new ids, before their first message', () => {
    const first = { type: 'text', from: gil.wa_id, from_user_id: 'IL.9' };
    expect(laneOfMessage(system)).toEqual(laneOfMessage(first));
  });

  it('waits in the lane of the old ids when it names no new ones', () => {
    const nameless = { ...system, from_user_id: 'IL.1', system: { type: 'user_changed_user_id' } };
    expect(laneOfMessage(nameless)).toEqual(laneOfMessage({ type: 'text', from_user_id: 'IL.1' }));
  });
});
