/** A business whose clients send files: what the tests of media need. */
import { createHash } from 'node:crypto';

import type { MessageView } from '../../src/http/schemas.ts';
import type { Turn, TurnEnd } from '../../src/lanes/worker.ts';
import { Ffmpeg } from '../../src/media/ffmpeg.ts';
import { type MediaWork, runMediaLane } from '../../src/media/lane.ts';
import { Media, type MediaRow } from '../../src/media/model.ts';
import type { Clock } from '../../src/ops/clock.ts';
import { withTenant } from '../../src/store/scope.ts';
import { addChannel } from '../../src/tenants/channels.ts';
import { createApiKey } from '../../src/tenants/keys.ts';
import { SCOPES } from '../../src/tenants/permissions.ts';
import { createTenant } from '../../src/tenants/tenants.ts';
import { openMediaClient } from '../../src/whatsapp/media.ts';
import { type TestContext, testContext } from '../support/context.ts';
import {
  type Business,
  clientWrites,
  keptLog,
  openGateway,
  type TestGateway,
  type Written,
} from '../support/fixtures.ts';
import { WABA } from '../support/webhook.ts';
import { type Meta, startMeta, TOKEN } from './meta.ts';

export const PHONE = '972501234567';

export interface World {
  ctx: TestContext;
  meta: Meta;
  gateway: TestGateway;
  business: Business;
  lines: string[];
  work: MediaWork;
  /** A client sends a file that lies with Meta. */
  receive(file: SentFile): Promise<Written & { mediaId: string }>;
  row(messageId: string): Promise<MediaRow>;
  /** One turn at the file's lane. */
  turn(messageId: string): Promise<TurnEnd>;
  /** The message as REST shows it. */
  view(messageId: string): Promise<MessageView>;
  close(): Promise<void>;
}

export interface SentFile {
  bytes: Buffer;
  mime: string;
  type?: 'image' | 'audio' | 'video' | 'document' | 'sticker';
  /** Further fields of the payload. */
  payload?: Record<string, unknown>;
  /** Instead of what the look-up would truly say. */
  lookUp?: Record<string, unknown>;
  phone?: string;
  message?: Record<string, unknown>;
}

const held: Turn = {
  lockKey: '',
  token: '',
  holds: async () => true,
  stopping: () => false,
  yields: () => false,
};

export async function openWorld(clock: Clock, environment: Record<string, string> = {}): Promise<World> {
  const meta = await startMeta();
  const { log, lines } = keptLog();
  const ctx = await testContext({ clock, log, environment: { GRAPH_API_URL: meta.url, ...environment } });
  const gateway = await openGateway(ctx);
  const business = await openBusiness(ctx);
  const client = openMediaClient(ctx.settings, (_host, _options, done) =>
    done(new Error('No other host is asked in these tests.'), ''),
  );
  const ffmpeg = await Ffmpeg.find(ctx.settings.FFMPEG);
  const work: MediaWork = { client, ffmpeg, stopping: new AbortController().signal };
  const { tenantId, key } = business;
  return {
    ctx,
    meta,
    gateway,
    business,
    lines,
    work,
    async receive({ bytes, mime, type = 'image', payload, lookUp, phone = PHONE, message }) {
      const mediaId = meta.lay({ bytes, mime, ...(lookUp ? { lookUp } : {}) });
      const sha256 = createHash('sha256').update(bytes).digest('base64');
      const content = { id: mediaId, mime_type: mime, sha256, ...payload };
      const written = await clientWrites(ctx, business, {
        phone,
        message: { type, [type]: content, ...message },
      });
      return { ...written, mediaId };
    },
    row: (messageId) =>
      withTenant(tenantId, async () => {
        const row = await ctx.store.model(Media).findOne({ _id: messageId }).lean<MediaRow>().exec();
        if (!row) throw new Error('No such file.');
        return row;
      }),
    turn: (lane) => runMediaLane(ctx, work, { lane, tenantId }, held),
    async view(messageId) {
      const { body } = await gateway.ask<MessageView>('GET', `/v1/messages/${messageId}`, { key });
      return body;
    },
    async close() {
      client.close();
      await gateway.close();
      await ctx.close();
      await meta.stop();
    },
  };
}

async function openBusiness(ctx: TestContext): Promise<Business> {
  const { tenantId } = await createTenant(ctx, { name: 'Aleph', email: 'owner@aleph.example' });
  const phoneNumberId = '106540352242922';
  const { channelId } = await addChannel(ctx, {
    tenantId,
    phoneNumberId,
    wabaId: WABA,
    displayNumber: '+97235550100',
    token: TOKEN,
  });
  const { key } = await createApiKey(ctx, { tenantId, scopes: [...SCOPES] });
  return { tenantId, channelId, phoneNumberId, key };
}
