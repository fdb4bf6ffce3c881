/** A business with one number, its clients, and a sender: all that the outbox tests need. */
import { Writable } from 'node:stream';

import { findOrCreateContact } from '../../src/conversations/contacts.ts';
import {
  ensureConversation,
  findConversation,
  touchConversation,
} from '../../src/conversations/conversations.ts';
import { holdersOf } from '../../src/conversations/identities.ts';
import { type ConversationRow, type MessageRow, Messages } from '../../src/conversations/model.ts';
import { recordStatus } from '../../src/conversations/statuses.ts';
import type { Turn, TurnEnd } from '../../src/lanes/worker.ts';
import type { Clock } from '../../src/ops/clock.ts';
import { createLogger } from '../../src/ops/log.ts';
import { acceptSend } from '../../src/outbox/accept.ts';
import { workOutboxLane } from '../../src/outbox/lane.ts';
import type { Sender } from '../../src/outbox/sender.ts';
import { withTenant } from '../../src/store/scope.ts';
import { addChannel } from '../../src/tenants/channels.ts';
import { type ChannelRow, Channels } from '../../src/tenants/model.ts';
import { createTenant } from '../../src/tenants/tenants.ts';
import { openGraph } from '../../src/whatsapp/graph.ts';
import { type TestContext, testContext } from '../support/context.ts';

export const NUMBER_ID = '106540352242922';
export const TOKEN = 'EAAG-token-of-the-number';

export interface World {
  ctx: TestContext;
  tenantId: string;
  channelId: string;
  sender: Sender;
  /** Every line logged so far. */
  logged(): string;
  /** A conversation whose client wrote just now, or at `lastInboundAt`; null: never. */
  conversation(
    who: { phone?: string; bsuid?: string },
    lastInboundAt?: Date | null,
  ): Promise<ConversationRow>;
  /** Accepts a text as `key:one`. */
  accept(
    conversation: ConversationRow,
    text: string,
    extra?: { idempotencyKey?: string; body?: object },
  ): Promise<MessageRow>;
  row(messageId: string): Promise<MessageRow>;
  channel(): Promise<ChannelRow>;
  /** One turn at the conversation's lane. */
  work(conversation: ConversationRow, turn?: Partial<Turn>): Promise<TurnEnd>;
  /** A status as WhatsApp would send it. */
  status(status: Record<string, unknown>, contacts?: unknown): Promise<void>;
  /** Changes a row behind the product's back. */
  set(messageId: string, fields: Partial<MessageRow>): Promise<void>;
  close(): Promise<void>;
}

/** Opens a world of its own; `environment` as in settings. */
export async function openWorld(clock: Clock, environment: Record<string, string> = {}): Promise<World> {
  const lines: string[] = [];
  const log = createLogger(
    'debug',
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(chunk.toString());
        done();
      },
    }),
  );
  const ctx = await testContext({ clock, log, environment });
  const { tenantId } = await createTenant(ctx, { name: 'Aleph', email: 'owner@aleph.example' });
  const number = { phoneNumberId: NUMBER_ID, wabaId: '102290129340398', displayNumber: '+972 3 555 0100' };
  const { channelId } = await addChannel(ctx, { tenantId, ...number, token: TOKEN });
  const sender = { graph: openGraph(ctx.settings) };
  const mine = <T>(work: () => Promise<T>) => withTenant(tenantId, work);

  return {
    ctx,
    tenantId,
    channelId,
    sender,
    logged: () => lines.join(''),
    conversation: (who, lastInboundAt = new Date(clock.now())) =>
      mine(async () => {
        const contact = await findOrCreateContact(
          ctx,
          tenantId,
          who,
          { name: 'Dana Levi' },
          await holdersOf(ctx, tenantId, who),
        );
        const conversation = await ensureConversation(ctx, { tenantId, channelId, contactId: contact._id });
        if (lastInboundAt) {
          const position = ctx.positions.next();
          await touchConversation(ctx, conversation, {
            messageId: `msg_of_client_${position}`,
            position,
            at: lastInboundAt,
            inboundAt: lastInboundAt,
          });
        }
        return (await findConversation(ctx, tenantId, conversation._id)) as ConversationRow;
      }),
    accept: (conversation, body, { idempotencyKey, body: extra } = {}) =>
      acceptSend(ctx, {
        tenantId,
        principal: 'key:one',
        conversation,
        body: { type: 'text', text: { body }, ...extra },
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      }),
    row: (messageId) =>
      mine(async () => {
        const row = await ctx.store.model(Messages).findOne({ _id: messageId }).lean<MessageRow>().exec();
        if (!row) throw new Error('No such message.');
        return row;
      }),
    channel: () =>
      mine(async () => {
        const row = await ctx.store.model(Channels).findOne({ _id: channelId }).lean<ChannelRow>().exec();
        return row as ChannelRow;
      }),
    work: (conversation, turn = {}) =>
      workOutboxLane(ctx, sender, { lane: conversation._id, tenantId }, { ...aTurn, ...turn }),
    status: (status, contacts) =>
      mine(() =>
        recordStatus(ctx, {
          tenantId,
          channelId,
          phoneNumberId: NUMBER_ID,
          receivedAt: new Date(clock.now()),
          status,
          contacts,
        }),
      ),
    set: (messageId, fields) =>
      mine(async () => {
        await ctx.store.model(Messages).updateOne({ _id: messageId }, { $set: fields }).exec();
      }),
    async close() {
      sender.graph.close();
      await ctx.close();
    },
  };
}

/** A turn that holds its lane. */
const aTurn: Turn = {
  lockKey: 'lock',
  token: 'token',
  holds: () => Promise.resolve(true),
  stopping: () => false,
  yields: () => false,
};

export interface Sent {
  to?: string;
  recipient?: string;
  type: string;
  text?: { body: string };
  context?: { message_id: string };
  biz_opaque_callback_data: string;
}

/** The wamid that this fake Graph API gives to a request. */
export function wamidOf(request: Pick<Sent, 'biz_opaque_callback_data'>): string {
  return `wamid.HBgL${request.biz_opaque_callback_data}==`;
}
