/** REST: connecting a number, checking it, giving it another token. */
import { z } from 'zod';

import type { Context } from '../context.ts';
import { type Route, route } from '../http/route.ts';
import { idParams } from '../http/schemas.ts';
import { type AccountClient, openAccountClient } from '../whatsapp/account.ts';
import { replaceToken } from './channel-token.ts';
import { findChannel } from './channel-token.ts';
import { checkChannel, type Checked, checkedOf } from './check.ts';
import { inWords } from './check-words.ts';
import { connectChannel } from './connect.ts';

const time = z.iso.datetime();

const ConnectingSchema = z
  .object({
    connected: z.boolean(),
    channelId: z.string().nullable().meta({ description: 'Once the number is the tenant’s here.' }),
    steps: z.array(
      z.object({
        step: z.enum(['token', 'number', 'channel', 'register', 'subscribe', 'facts']),
        outcome: z.enum(['done', 'already', 'skipped', 'failed']),
        text: z.string(),
        todo: z.string().nullable().meta({ description: 'What a person does about it.' }),
      }),
    ),
    choices: z
      .array(
        z.object({
          phoneNumberId: z.string(),
          wabaId: z.string(),
          displayNumber: z.string(),
          name: z.string().nullable(),
        }),
      )
      .meta({ description: 'The numbers of the token, when it must be said which one is meant.' }),
  })
  .meta({
    id: 'Connecting',
    description: 'What was done to connect a number; a repeat goes on where it stopped.',
  });

const ConnectBody = z.strictObject({
  token: z.string().optional().meta({ description: 'Access token, best of a system user.' }),
  code: z.string().optional().meta({ description: 'Of Embedded Signup, instead of a token.' }),
  wabaId: z.string().optional(),
  phoneNumberId: z.string().optional(),
  pin: z.string().optional().meta({ description: 'Two-step PIN of the number: six digits.' }),
  name: z.string().optional().meta({ description: 'What people call the number.' }),
});

const CheckSchema = z
  .object({
    channelId: z.string(),
    at: time.nullable().meta({ description: 'Null: it was never checked.' }),
    state: z.enum(['ok', 'warn', 'failed']).nullable(),
    points: z.array(
      z.object({
        point: z.string().meta({ example: 'quality' }),
        state: z.enum(['ok', 'warn', 'failed', 'unknown']),
        code: z.string().meta({ description: 'What was found; more may come.', example: 'quality.yellow' }),
        values: z.record(z.string(), z.string()),
        title: z.string(),
        means: z.string(),
        todo: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'ChannelCheck', description: 'Whether a number can send and receive, point by point.' });

const TokenSchema = z
  .object({ channelId: z.string(), status: z.enum(['active', 'paused']), expiresAt: time.nullable() })
  .meta({ id: 'ChannelToken' });

export const onboardingRoutes: Route[] = [
  route({
    method: 'post',
    path: '/v1/channels/connect',
    summary: 'Connect a number by its access token or a code of Embedded Signup',
    description:
      'Finds the number, proves by the token that it is yours, registers it (two-step PIN), subscribes its account’s webhooks, and keeps what WhatsApp says of it. A step that fails is answered 200 with what to do.',
    scope: 'channels:write',
    audits: {
      action: 'channel.connected',
      objects: () => [],
      made: ({ channelId }) => (channelId === null ? [] : [channelId]),
    },
    body: ConnectBody,
    response: ConnectingSchema,
    problems: { 409: 'The number belongs to another tenant.' },
    handle: (ctx, { tenantId, body }) =>
      withClient(ctx, async (client) => {
        const { channel, ...rest } = await connectChannel(ctx, client, { ...body, tenantId });
        return { ...rest, channelId: channel?.channelId ?? null };
      }),
  }),
  route({
    method: 'get',
    path: '/v1/channels/{id}/check',
    summary: 'Read the last check of a channel',
    scope: 'channels:read',
    params: idParams,
    response: CheckSchema,
    handle: async (ctx, { tenantId, params: { id } }) => {
      const checked = checkedOf(await findChannel(ctx, tenantId, id));
      return checked ? checkView(checked) : { channelId: id, at: null, state: null, points: [] };
    },
  }),
  route({
    method: 'post',
    path: '/v1/channels/{id}/check',
    summary: 'Check a channel now',
    audits: { action: 'channel.checked' },
    description: 'Asks Meta and our own address anew; a result of the last ten seconds is given again.',
    scope: 'channels:read',
    params: idParams,
    response: CheckSchema,
    handle: (ctx, { tenantId, params: { id } }) =>
      withClient(ctx, async (client) =>
        checkView(await checkChannel(ctx, client, { tenantId, channelId: id })),
      ),
  }),
  route({
    method: 'put',
    path: '/v1/channels/{id}/token',
    summary: 'Give a channel another access token',
    audits: { action: 'channel.token-replaced' },
    description: 'Taken only when Meta shows the number to it; a paused channel goes on.',
    scope: 'channels:write',
    params: idParams,
    body: z.strictObject({ token: z.string().min(1).max(4_096) }),
    response: TokenSchema,
    problems: { 422: 'The token is not good for this number.' },
    handle: (ctx, { tenantId, params: { id }, body }) =>
      withClient(ctx, async (client) => {
        const given = { tenantId, channelId: id, token: body.token };
        const { channelId, status, expiresAt } = await replaceToken(ctx, client, given);
        return { channelId, status, expiresAt: expiresAt?.toISOString() ?? null };
      }),
  }),
];

/** A client for this one request: connecting and checking are rare. */
async function withClient<Answer>(
  ctx: Context,
  work: (client: AccountClient) => Promise<Answer>,
): Promise<Answer> {
  const client = openAccountClient(ctx.settings);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

function checkView({ channelId, at, state, points }: Checked): z.infer<typeof CheckSchema> {
  return {
    channelId,
    at: at.toISOString(),
    state,
    points: points.map((point) => ({
      ...point,
      values: point.values ?? {},
      ...inWords(point.code, point.values),
    })),
  };
}
