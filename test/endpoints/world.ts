/** A tenant with one number and its clients' messages, for the tests of endpoints. */
import { Writable } from 'node:stream';

import { handleInboundMessage } from '../../src/conversations/inbound.ts';
import { type MessageRow, Messages } from '../../src/conversations/model.ts';
import { type DeliveryWork, runEndpointLane } from '../../src/endpoints/lane.ts';
import { laneName } from '../../src/endpoints/lane-name.ts';
import { Deliveries, type DeliveryRow } from '../../src/endpoints/model.ts';
import { Sender } from '../../src/endpoints/sender.ts';
import { Shares } from '../../src/endpoints/shares.ts';
import type { Turn, TurnEnd } from '../../src/lanes/worker.ts';
import { createLogger } from '../../src/ops/log.ts';
import { withTenant } from '../../src/store/scope.ts';
import { addChannel } from '../../src/tenants/channels.ts';
import { createTenant } from '../../src/tenants/tenants.ts';
import { ManualClock } from '../support/clock.ts';
import { type TestContext, testContext } from '../support/context.ts';

const NUMBER_ID = '106540352242922';

export interface World {
  ctx: TestContext;
  clock: ManualClock;
  tenantId: string;
  work: DeliveryWork;
  logged(): string;
  /** Runs in the tenant's scope. */
  mine<T>(work: () => Promise<T>): Promise<T>;
  /** A text of this client, stored and forwarded. */
  receive(phone: string, text: string): Promise<MessageRow>;
  /** One turn at the lane of a message's conversation and an endpoint. */
  turn(message: MessageRow, endpointId: string, turn?: Partial<Turn>): Promise<TurnEnd>;
  /** What is owed for a message, in the order of endpoints. */
  owed(message: MessageRow): Promise<DeliveryRow[]>;
  close(): Promise<void>;
}

/** `clock` begins now: receivers refuse signatures of another time. */
export async function openWorld(environment: Record<string, string> = {}): Promise<World> {
  const clock = new ManualClock(Date.now());
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const ctx = await testContext({ clock, log: createLogger('debug', sink), environment });
  const { tenantId } = await createTenant(ctx, { name: 'Aleph', email: 'owner@aleph.example' });
  const { channelId } = await addChannel(ctx, {
    tenantId,
    phoneNumberId: NUMBER_ID,
    wabaId: '102290129340398',
    displayNumber: '+972 3 555 0100',
    token: 'token-of-the-number',
  });
  const work = { sender: new Sender({ mayLoopback: true, deadlineMs: 500 }), shares: new Shares(4) };
  const mine = <T>(task: () => Promise<T>) => withTenant(tenantId, task);
  let count = 0;

  return {
    ctx,
    clock,
    tenantId,
    work,
    logged: () => lines.join(''),
    mine,
    receive: (phone, text) =>
      mine(async () => {
        const id = `wamid.${(count += 1)}`;
        const timestamp = String(Math.floor(clock.now() / 1000));
        const message = { id, from: phone, timestamp, type: 'text', text: { body: text } };
        const contacts = [{ wa_id: phone, profile: { name: 'Canary Cohen' } }];
        const position = ctx.positions.next();
        const body = { message, contacts };
        await handleInboundMessage(ctx, { tenantId, channelId, phoneNumberId: NUMBER_ID, position, body });
        const row = await ctx.store.model(Messages).findOne({ position }).lean<MessageRow>().exec();
        return row as MessageRow;
      }),
    turn: ({ conversationId }, endpointId, turn = {}) => {
      const lane = laneName({ conversationId, endpointId });
      const held: Turn = {
        lockKey: '',
        token: '',
        holds: async () => true,
        stopping: () => false,
        yields: () => false,
        ...turn,
      };
      return runEndpointLane(ctx, work, { lane, tenantId }, held);
    },
    owed: ({ _id }) =>
      mine(() =>
        ctx.store
          .model(Deliveries)
          .find({ messageId: _id })
          .sort({ endpointId: 1 })
          .lean<DeliveryRow[]>()
          .exec(),
      ),
    async close() {
      work.sender.close();
      await ctx.close();
    },
  };
}
