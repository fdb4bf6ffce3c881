/**
 * What a tutorial builds: Express, `express.json` with the signature in `verify`, a schema, one `queue.add` per
 * message; a worker that finds or creates tenant, contact, conversation and message through Mongoose, posts to the
 * agent's URL with axios, and tells the consoles by Redis pub/sub and server-sent events. Written to run well: indexes
 * where it searches, lean reads where it only reads, many jobs at a time, connections kept open.
 * ROLE says which half runs.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';

import axios from 'axios';
import { Queue, Worker } from 'bullmq';
import express, { type Response } from 'express';
import { Redis } from 'ioredis';
import mongoose, { model, Schema } from 'mongoose';
import { z } from 'zod';

const { ROLE, APP_SECRET = '', AGENT_URL = '', REDIS_URL = '', MONGODB_URI = '' } = process.env;
/** Jobs at a time: as many as our inbound worker has lanes at a time. */
const CONCURRENCY = Number(process.env.CONCURRENCY ?? 32);
const CHANNEL = 'messages';

const Tenant = model('Tenant', new Schema({ name: String, phoneNumberId: { type: String, unique: true } }));

const Contact = model(
  'Contact',
  new Schema({ tenantId: Schema.Types.ObjectId, phone: String, name: String }, { timestamps: true }).index(
    { tenantId: 1, phone: 1 },
    { unique: true },
  ),
);

const Conversation = model(
  'Conversation',
  new Schema(
    {
      tenantId: Schema.Types.ObjectId,
      contactId: Schema.Types.ObjectId,
      status: { type: String, default: 'open' },
      lastMessageAt: Date,
      lastMessage: String,
    },
    { timestamps: true },
  ).index({ tenantId: 1, contactId: 1 }, { unique: true }),
);

const Message = model(
  'Message',
  new Schema(
    {
      tenantId: Schema.Types.ObjectId,
      conversationId: { type: Schema.Types.ObjectId, index: true },
      contactId: Schema.Types.ObjectId,
      wamid: { type: String, unique: true },
      direction: String,
      type: String,
      text: String,
      sentAt: Date,
    },
    { timestamps: true },
  ),
);

const message = z.object({
  id: z.string(),
  from: z.string(),
  timestamp: z.string(),
  type: z.string(),
  text: z.object({ body: z.string() }).optional(),
});

const webhook = z.object({
  object: z.literal('whatsapp_business_account'),
  entry: z.array(
    z.object({
      id: z.string(),
      changes: z.array(
        z.object({
          field: z.string(),
          value: z.object({
            metadata: z.object({ phone_number_id: z.string(), display_phone_number: z.string() }),
            contacts: z
              .array(z.object({ profile: z.object({ name: z.string() }), wa_id: z.string() }))
              .optional(),
            messages: z.array(message).optional(),
          }),
        }),
      ),
    }),
  ),
});

interface MessageJob {
  phoneNumberId: string;
  name: string;
  message: z.infer<typeof message>;
}

async function runWeb(): Promise<void> {
  const queue = new Queue<MessageJob>('messages', { connection: new Redis(REDIS_URL) });
  const app = express();
  app.post(
    '/webhook',
    express.json({
      verify(request, _response, body) {
        const given = Buffer.from(
          String(request.headers['x-hub-signature-256']).replace('sha256=', ''),
          'hex',
        );
        const expected = createHmac('sha256', APP_SECRET).update(body).digest();
        if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
          throw new Error('Invalid signature');
        }
      },
    }),
    async (request, response) => {
      const parsed = webhook.safeParse(request.body);
      if (!parsed.success) {
        response.sendStatus(400);
        return;
      }
      for (const { value } of parsed.data.entry.flatMap((entry) => entry.changes)) {
        for (const received of value.messages ?? []) {
          const contact = value.contacts?.find(({ wa_id }) => wa_id === received.from);
          await queue.add(
            'message',
            {
              phoneNumberId: value.metadata.phone_number_id,
              name: contact?.profile.name ?? received.from,
              message: received,
            },
            { attempts: 3, backoff: { type: 'exponential', delay: 1_000 }, removeOnComplete: true },
          );
        }
      }
      response.sendStatus(200);
    },
  );
  await serveConsoles(app);
  const server = app.listen(0, '127.0.0.1', () => {
    console.log(JSON.stringify({ msg: 'ready', port: (server.address() as AddressInfo).port }));
  });
}

/** Each console listens to the messages of its business. */
async function serveConsoles(app: express.Express): Promise<void> {
  const consoles = new Map<string, Set<Response>>();
  app.get('/events/:phoneNumberId', (request, response) => {
    const { phoneNumberId } = request.params;
    const open = consoles.get(phoneNumberId) ?? new Set();
    consoles.set(phoneNumberId, open.add(response));
    response.on('close', () => open.delete(response));
    response.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
    response.flushHeaders();
  });
  const subscriber = new Redis(REDIS_URL);
  await subscriber.subscribe(CHANNEL);
  subscriber.on('message', (_channel, text: string) => {
    const { phoneNumberId } = JSON.parse(text) as { phoneNumberId: string };
    for (const response of consoles.get(phoneNumberId) ?? []) {
      response.write(`event: message\ndata: ${text}\n\n`);
    }
  });
}

async function runWorker(): Promise<void> {
  const publisher = new Redis(REDIS_URL);
  await mongoose.connect(MONGODB_URI);
  await Promise.all([Tenant, Contact, Conversation, Message].map((each) => each.init()));
  const worker = new Worker<MessageJob>('messages', async ({ data }) => handle(data, publisher), {
    connection: new Redis(REDIS_URL, { maxRetriesPerRequest: null }),
    concurrency: CONCURRENCY,
  });
  worker.on('failed', (_job, error) => console.error(error.message));
  await worker.waitUntilReady();
  console.log(JSON.stringify({ msg: 'ready' }));
}

async function handle({ phoneNumberId, name, message }: MessageJob, publisher: Redis): Promise<void> {
  const tenant =
    (await Tenant.findOne({ phoneNumberId }).lean()) ??
    (await Tenant.create({ phoneNumberId, name: phoneNumberId }));
  const tenantId = tenant._id;
  const contact =
    (await Contact.findOne({ tenantId, phone: message.from }).lean()) ??
    (await Contact.create({ tenantId, phone: message.from, name }));
  const contactId = contact._id;
  const conversation =
    (await Conversation.findOne({ tenantId, contactId }).lean()) ??
    (await Conversation.create({ tenantId, contactId }));
  const known = await Message.findOne({ wamid: message.id }).lean();
  if (known) return;
  const sentAt = new Date(Number(message.timestamp) * 1000);
  const text = message.text?.body ?? '';
  const stored = await Message.create({
    tenantId,
    conversationId: conversation._id,
    contactId,
    wamid: message.id,
    direction: 'in',
    type: message.type,
    text,
    sentAt,
  });
  await Conversation.updateOne({ _id: conversation._id }, { lastMessageAt: sentAt, lastMessage: text });
  const event = { phoneNumberId, contact: { name: contact.name, phone: contact.phone }, message: stored };
  await axios.post(AGENT_URL, event);
  await publisher.publish(CHANNEL, JSON.stringify(event));
}

process.once('SIGTERM', () => process.exit(0));
await (ROLE === 'worker' ? runWorker() : runWeb());
