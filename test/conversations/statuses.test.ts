/** Statuses climb and never come down, find their message by our id or by wamid, and never miss it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { feedKey } from '../../src/agents/feed.ts';
import { openContactField } from '../../src/conversations/contacts.ts';
import { wamidKey } from '../../src/conversations/ids.ts';
import {
  type ContactRow,
  Contacts,
  type ConversationRow,
  type MessageRow,
  SentWamids,
  Statuses,
  type StatusRow,
} from '../../src/conversations/model.ts';
import {
  applyStoredStatuses,
  linkWamid,
  raiseStatus,
  recordStatus,
} from '../../src/conversations/statuses.ts';
import { Park } from '../../src/ops/errors.ts';
import { withTenant } from '../../src/store/scope.ts';
import { addChannel } from '../../src/tenants/channels.ts';
import { createTenant } from '../../src/tenants/tenants.ts';
import { NUMBER_ID, openWorld, type World } from '../outbox/world.ts';
import { ManualClock } from '../support/clock.ts';

const clock = new ManualClock();
let world: World;
let conversation: ConversationRow;
let count = 0;

beforeAll(async () => {
  world = await openWorld(clock);
  conversation = await world.conversation({ phone: '972501112233' });
});
afterAll(async () => world.close());

const mine = <T>(work: () => Promise<T>) => withTenant(world.tenantId, work);

/** An accepted message with a wamid, as the sender leaves it. */
async function sentMessage(): Promise<{ row: MessageRow; wamid: string }> {
  const row = await world.accept(conversation, 'Shalom');
  count += 1;
  const wamid = `wamid.HBgLstatuses${count}=`;
  await link(row, wamid);
  return { row: await world.row(row._id), wamid };
}

const link = (row: MessageRow, wamid: string) =>
  mine(async () => {
    const key = await wamidKey(world.ctx, world.tenantId, NUMBER_ID, wamid);
    await linkWamid(world.ctx, row, key, wamid);
    await raiseStatus(world.ctx, row._id, 'accepted');
    await applyStoredStatuses(world.ctx, row, key);
  });

const seconds = (offset = 0) => String(Math.floor(clock.now() / 1000) + offset);
const statusesOf = (filter: object) =>
  mine(() => world.ctx.store.model(Statuses).find(filter).lean<StatusRow[]>().exec());

describe('a status', () => {
  it('finds its message by wamid and moves it', async () => {
    const { row, wamid } = await sentMessage();
    await world.status({
      id: wamid,
      status: 'delivered',
      timestamp: seconds(),
      recipient_id: '972501112233',
    });
    expect(await world.row(row._id)).toMatchObject({ status: 'delivered', rank: 6 });
    const [stored] = await statusesOf({ messageId: row._id });
    expect(stored).toMatchObject({ status: 'delivered', channelId: world.channelId });
  });

  it('finds a message whose wamid is not known by our own id, and teaches us the wamid', async () => {
    const row = await world.accept(conversation, 'Shalom');
    await world.set(row._id, { status: 'unconfirmed', rank: 2, attemptAt: new Date(clock.now()) });
    await world.status({
      id: 'wamid.own-id',
      status: 'sent',
      timestamp: seconds(),
      biz_opaque_callback_data: row._id,
    });
    expect(await world.row(row._id)).toMatchObject({ status: 'sent' });
    // The next one comes without our id and still finds it.
    await world.status({ id: 'wamid.own-id', status: 'read', timestamp: seconds() });
    expect(await world.row(row._id)).toMatchObject({ status: 'read' });
  });

  it('that is repeated is stored once', async () => {
    const { row, wamid } = await sentMessage();
    const status = { id: wamid, status: 'read', timestamp: seconds() };
    await world.status(status);
    await world.status(status);
    expect(await statusesOf({ messageId: row._id })).toHaveLength(1);
  });

  it('that came before anybody knew the wamid is applied by the sender', async () => {
    const row = await world.accept(conversation, 'Shalom');
    await world.status({ id: 'wamid.early', status: 'delivered', timestamp: seconds() });
    expect((await world.row(row._id)).status).toBe('queued');
    await link(row, 'wamid.early');
    expect(await world.row(row._id)).toMatchObject({ status: 'delivered' });
    expect(await statusesOf({ messageId: row._id })).toHaveLength(1);
  });

  it('and the sender at the same time never miss each other', async () => {
    for (let round = 1; round <= 15; round += 1) {
      const row = await world.accept(conversation, 'Shalom');
      const id = `wamid.race${round}`;
      await Promise.all([link(row, id), world.status({ id, status: 'delivered', timestamp: seconds() })]);
      expect(await world.row(row._id)).toMatchObject({ status: 'delivered' });
    }
  });

  it('of another channel of the tenant does not touch the message', async () => {
    const { tenantId } = await createTenant(world.ctx, { name: 'Beth', email: 'owner@beth.example' });
    const number = { phoneNumberId: '2065', wabaId: '2022', displayNumber: '+97235550111', token: 'T' };
    const other = await addChannel(world.ctx, { ...number, tenantId: world.tenantId });
    const foreign = await addChannel(world.ctx, { ...number, phoneNumberId: '3065', tenantId });
    const { row, wamid } = await sentMessage();
    const status = { id: wamid, status: 'read', timestamp: seconds(), biz_opaque_callback_data: row._id };
    for (const [owner, channel, phoneNumberId] of [
      [world.tenantId, other, '2065'],
      [tenantId, foreign, '3065'],
    ] as const) {
      await withTenant(owner, () =>
        recordStatus(world.ctx, {
          tenantId: owner,
          channelId: channel.channelId,
          phoneNumberId,
          receivedAt: new Date(clock.now()),
          status,
        }),
      );
    }
    expect((await world.row(row._id)).status).toBe('accepted');
  });

  it.each(['deleted', 'in_orbit', 'queued', 'accepted', 'received'])(
    '"%s" is kept and changes nothing',
    async (status) => {
      const { row, wamid } = await sentMessage();
      await world.status({ id: wamid, status, timestamp: seconds() });
      expect((await world.row(row._id)).status).toBe('accepted');
      expect(await statusesOf({ messageId: row._id, status })).toHaveLength(1);
    },
  );

  it('of a message that others sent is kept and is no error', async () => {
    const others = {
      id: 'wamid.others',
      status: 'sent',
      timestamp: seconds(),
      biz_opaque_callback_data: 'crm-9',
    };
    await world.status(others);
    await world.status({ ...others, biz_opaque_callback_data: 'msg_0123456789012345678901' });
    const wamidIs = await wamidKey(world.ctx, world.tenantId, NUMBER_ID, 'wamid.others');
    expect(await statusesOf({ wamidKey: wamidIs })).toHaveLength(1);
  });

  it.each([
    [{ status: 'sent' }],
    [{ id: 'wamid.x' }],
    [{ id: '', status: 'sent' }],
    [{ id: 7, status: 'sent' }],
  ])('%j is parked for a person', async (status) => {
    await expect(world.status(status)).rejects.toThrow(Park);
  });

  it('without a readable time counts as of its receipt', async () => {
    const { row, wamid } = await sentMessage();
    await world.status({ id: wamid, status: 'sent', timestamp: 'yesterday' });
    const [stored] = await statusesOf({ messageId: row._id });
    expect(stored?.at).toEqual(new Date(clock.now()));
  });

  it('of each participant of a group is kept', async () => {
    const { row, wamid } = await sentMessage();
    for (const recipient_participant_user_id of ['IL.one', 'IL.two']) {
      await world.status({
        id: wamid,
        status: 'delivered',
        timestamp: seconds(),
        recipient_type: 'group',
        recipient_id: 'group-1',
        recipient_participant_user_id,
      });
    }
    expect(await statusesOf({ messageId: row._id })).toHaveLength(2);
  });
});

describe('failed', () => {
  it('names the code and its reason', async () => {
    const { row, wamid } = await sentMessage();
    const errors = [{ code: 131026, title: 'Message undeliverable', error_data: { details: 'x' } }];
    await world.status({ id: wamid, status: 'failed', timestamp: seconds(), errors });
    expect(await world.row(row._id)).toMatchObject({
      status: 'failed',
      errorCode: 131026,
      errorReason: 'not-deliverable',
    });
  });

  it('is disproved by `delivered`, and leaves no error behind', async () => {
    const { row, wamid } = await sentMessage();
    await world.status({ id: wamid, status: 'failed', timestamp: seconds(), errors: [{ code: 131000 }] });
    await world.status({ id: wamid, status: 'delivered', timestamp: seconds() });
    const after = await world.row(row._id);
    expect(after.status).toBe('delivered');
    expect(after).not.toHaveProperty('errorCode');
    expect(after).not.toHaveProperty('errorReason');
  });

  it('without an error object is told as a refusal', async () => {
    const { row, wamid } = await sentMessage();
    await world.status({ id: wamid, status: 'failed', timestamp: seconds() });
    expect(await world.row(row._id)).toMatchObject({ errorCode: 0, errorReason: 'refused' });
  });

  it('is not sent again by itself, whatever its code', async () => {
    const { row, wamid } = await sentMessage();
    await world.status({ id: wamid, status: 'failed', timestamp: seconds(), errors: [{ code: 131016 }] });
    expect(await world.work(conversation)).not.toBe('next');
    expect((await world.row(row._id)).status).toBe('failed');
  });
});

it('whatever the order and number of statuses, the message ends in the same state', async () => {
  const words = ['sent', 'delivered', 'read', 'played', 'failed', 'in_orbit'] as const;
  const rungs = ['accepted', 'sent', 'failed', 'delivered', 'read', 'played'];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 6 }), async (given) => {
      const { row, wamid } = await sentMessage();
      let highest = 0;
      for (const status of given) {
        const errors = status === 'failed' ? { errors: [{ code: 131026 }] } : {};
        await world.status({ id: wamid, status, timestamp: seconds(), ...errors });
        const now = await world.row(row._id);
        expect(now.rank).toBeGreaterThanOrEqual(highest); // never lower than before
        highest = now.rank;
      }
      const expected = rungs[Math.max(0, ...given.map((status) => rungs.indexOf(status)))];
      const { status, errorCode } = await world.row(row._id);
      expect({ status, errorCode }).toEqual({
        status: expected,
        errorCode: expected === 'failed' ? 131026 : undefined,
      });
    }),
    { numRuns: 25 },
  );
}, 120_000);

describe('who a status speaks of', () => {
  const contactOf = ({ contactId }: ConversationRow) =>
    mine(() =>
      world.ctx.store.model(Contacts).findOne({ _id: contactId }).lean<ContactRow>().exec(),
    ) as Promise<ContactRow>;

  it.each([
    ['recipient_user_id', { recipient_user_id: 'IL.aa1' }, undefined, 'IL.aa1'],
    ['a BSUID in the place of the phone', { recipient_id: 'IL.aa2' }, undefined, 'IL.aa2'],
    [
      'the contact with the same phone',
      { recipient_id: '972540000003' },
      [
        { wa_id: '972540000009', user_id: 'IL.other' },
        { wa_id: '972540000003', user_id: 'IL.aa3' },
      ],
      'IL.aa3',
    ],
  ])('is learned from %s', async (_name, recipient, contacts, bsuid) => {
    const one = await world.conversation({ phone: `97254000000${bsuid.at(-1)}` });
    const row = await world.accept(one, 'Shalom');
    await world.status(
      {
        id: `wamid.${bsuid}`,
        status: 'sent',
        timestamp: seconds(),
        biz_opaque_callback_data: row._id,
        ...recipient,
      },
      contacts,
    );
    expect(await openContactField(world.ctx, await contactOf(one), 'bsuid')).toBe(bsuid);
  });

  it('is not guessed from the contacts of others, nor from a group', async () => {
    const one = await world.conversation({ phone: '972540000007' });
    const row = await world.accept(one, 'Shalom');
    const status = { id: 'wamid.g', status: 'sent', timestamp: seconds(), biz_opaque_callback_data: row._id };
    await world.status({ ...status, recipient_id: '972540000007' }, [{ wa_id: '1', user_id: 'IL.no' }]);
    await world.status({ ...status, status: 'read', recipient_type: 'group', recipient_user_id: 'IL.no' });
    expect((await contactOf(one)).hasBsuid).toBe(false);
  });
});

describe('after a change', () => {
  it('consoles are told, and told again when a try died before it told them', async () => {
    const { row, wamid } = await sentMessage();
    const key = feedKey(world.ctx.prefix, world.tenantId);
    const told = async () => {
      const entries = await world.ctx.liveRedis.xrange(key, '-', '+');
      return entries.filter(([, fields]) => fields.includes('message.status') && fields.includes(row._id));
    };
    const before = (await told()).length;
    const status = { id: wamid, status: 'delivered', timestamp: seconds() };
    await world.status(status);
    expect(await told()).toHaveLength(before + 1);
    await world.status(status);
    expect(await told()).toHaveLength(before + 2);
    await world.status({ ...status, status: 'sent' });
    expect(await told()).toHaveLength(before + 2);
  });
});

it('a wamid is noted once, for its first message', async () => {
  const { row, wamid } = await sentMessage();
  await link(row, wamid);
  const rows = await mine(() =>
    world.ctx.store.model(SentWamids).find({ messageId: row._id }).lean<object[]>().exec(),
  );
  expect(rows).toHaveLength(1);
});
