/** Everything between WhatsApp's POST and what a tenant sees, as it runs: the door, lanes, the worker, the store, REST. */
import { wamidKey } from '../../src/conversations/ids.ts';
import { type MessageRow, Messages } from '../../src/conversations/model.ts';
import {
  applyStoredStatuses,
  learnIdentity,
  linkWamid,
  raiseStatus,
} from '../../src/conversations/statuses.ts';
import { openRedis } from '../../src/store/redis.ts';
import { withTenant } from '../../src/store/scope.ts';
import { createWebhookHandler } from '../../src/webhooks/receiver.ts';
import type { Json } from '../../src/whatsapp/payload/json.ts';
import { startInbound } from '../../workers/inbound.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { type Business, openBusiness, openGateway } from '../support/fixtures.ts';
import { until } from '../support/until.ts';
import { change, envelope, signature, wire } from '../support/webhook.ts';
import type { Step } from './fixture.ts';

const SECRET = 'app-secret-of-the-tests';

interface MessageSeen extends Json {
  id: string;
  position: number;
}

interface ConversationSeen extends Json {
  id: string;
  messages: MessageSeen[];
}

/** What a tenant sees by REST: conversations in the order in which they began, messages oldest first. */
export interface Seen {
  conversations: ConversationSeen[];
  contacts: Json[];
  parked: string[];
  costs: Json;
}

export interface Stage {
  ctx: TestContext;
  business(name: string): Promise<Business>;
  /** Posts what WhatsApp would, signed. @returns the statuses of the answers */
  post(
    business: Business,
    step: Pick<Step, 'value' | 'change' | 'times' | 'status' | 'bytes'>,
  ): Promise<number[]>;
  get(query: Record<string, string>): Promise<{ status: number; text: string; type: string }>;
  /** The business sends a text; `wamid` undefined: WhatsApp's answer is not known yet. @returns its id */
  send(
    business: Business,
    message: { to: string; text: string; wamid?: string; answer?: { userId?: string; waId?: string } },
  ): Promise<string>;
  /** Until everything that was posted is handled. */
  quiet(): Promise<unknown>;
  see(business: Business): Promise<Seen>;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const ctx = await testContext();
  const { log, clock, settings } = ctx;
  const redis = openRedis({ url: settings.REDIS_URL ?? '', log, clock, part: 'workers', mode: 'wait' });
  const workers = startInbound(ctx, redis);
  const webhook = createWebhookHandler(ctx, { take: (items) => ctx.inbound.append(items) });
  const gateway = await openGateway(ctx, { webhook });
  const list = async <Item>({ key }: Business, path: string): Promise<Item[]> => {
    const { body } = await gateway.ask<{ items: Item[] }>('GET', path, { key });
    return body.items;
  };
  const quiet = async () =>
    until(
      'the lanes are empty',
      async () => {
        const oldest = await Promise.all(ctx.inbound.queues.map(({ name }) => ctx.inbound.oldest(name)));
        return oldest.every((age) => age === null);
      },
      60_000,
    );

  return {
    ctx,
    business: (name) => openBusiness(ctx, name),
    async post({ phoneNumberId }, { value, change: whole, times = 1, bytes = 0 }) {
      const one = whole ?? change(value ?? {}, phoneNumberId);
      const body = filledUp(wire(envelope([withNumber(one, phoneNumberId)])), bytes);
      const headers = { 'X-Hub-Signature-256': signature(body, SECRET) };
      const answers = await Promise.all(
        Array.from({ length: times }, () =>
          fetch(`${gateway.url}/webhooks/whatsapp`, { method: 'POST', body: new Uint8Array(body), headers }),
        ),
      );
      return answers.map(({ status }) => status);
    },
    async get(query) {
      const answer = await fetch(`${gateway.url}/webhooks/whatsapp?${new URLSearchParams(query).toString()}`);
      const type = answer.headers.get('content-type') ?? '';
      return { status: answer.status, text: await answer.text(), type };
    },
    async send({ tenantId, channelId, phoneNumberId, key }, { to, text, wamid, answer }) {
      const body = { channelId, to, type: 'text', text: { body: text } };
      const headers = { 'Idempotency-Key': `${to}/${wamid ?? text}` };
      const asking = { key, body, headers };
      const { body: accepted, text: said } = await gateway.ask<{ id: string }>(
        'POST',
        '/v1/messages',
        asking,
      );
      if (!accepted.id) throw new Error(`The message was refused: ${said}`);
      if (wamid === undefined) return accepted.id;
      // What the sender does once the Graph API has answered.
      await withTenant(tenantId, async () => {
        const row = await ctx.store.model(Messages).findOne({ _id: accepted.id }).lean<MessageRow>().exec();
        const wamidId = await wamidKey(ctx, tenantId, phoneNumberId, wamid);
        await linkWamid(ctx, row as MessageRow, wamidId, wamid);
        await raiseStatus(ctx, accepted.id, 'accepted');
        await applyStoredStatuses(ctx, row as MessageRow, wamidId);
        if (answer) {
          await learnIdentity(ctx, row as MessageRow, { bsuid: answer.userId, phone: answer.waId });
        }
      });
      return accepted.id;
    },
    quiet,
    async see(business) {
      const [conversations, contacts, parked, costs] = await Promise.all([
        list<Json & { id: string }>(business, '/v1/conversations'),
        list<Json>(business, '/v1/contacts'),
        list<{ reason: string }>(business, '/v1/dead-letters'),
        gateway.ask<Json>('GET', `/v1/costs?from=${FROM}&to=${TO}`, { key: business.key }),
      ]);
      const threads = await Promise.all(
        conversations.map(async (conversation) => {
          const path = `/v1/conversations/${conversation.id}/messages`;
          return { ...conversation, messages: (await list<MessageSeen>(business, path)).reverse() };
        }),
      );
      const began = ({ messages: [first] }: ConversationSeen) => first?.position ?? 0;
      return {
        conversations: threads.sort((one, other) => began(one) - began(other)),
        contacts,
        parked: parked.map(({ reason }) => reason).sort(),
        costs: costs.body,
      };
    },
    async close() {
      for (const worker of workers) await worker.close(5_000);
      redis.disconnect();
      await gateway.close();
      await ctx.close();
    },
  };
}

/** The same JSON object with a last key of as many letters as are missing. */
function filledUp(body: Buffer, bytes: number): Buffer {
  const [head, tail] = [',"padding":"', '"}'];
  const missing = bytes - (body.length - 1 + head.length + tail.length);
  if (missing <= 0) return body;
  return Buffer.concat([body.subarray(0, -1), Buffer.from(`${head}${'x'.repeat(missing)}${tail}`)]);
}

/** The time of all fixtures. */
const FROM = '2026-06-01T00:00:00.000Z';
const TO = '2027-06-01T00:00:00.000Z';

/** A change that has metadata of its own still is this number's. */
function withNumber(one: Json, phoneNumberId: string): Json {
  const { value } = one;
  if (typeof value !== 'object' || value === null) return one;
  const given = (value as { metadata?: Json }).metadata ?? {};
  return { ...one, value: { ...value, metadata: { ...given, phone_number_id: phoneNumberId } } };
}
