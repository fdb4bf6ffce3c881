/** The OpenAPI 3.1 document, made from the table of routes and the schemas that validate. */
import { OpenApiGeneratorV31, OpenAPIRegistry, type RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';

import { CHANNEL_EVENT, FEED_EVENT_TYPES, NOTICE_EVENT } from '../agents/feed.ts';
import { SESSION_COOKIE } from '../tenants/auth.ts';
import type { Route } from './route.ts';
import { ConversationSchema, MessageSchema, NoticeSchema, ProblemSchema } from './schemas.ts';

export type OpenApiDocument = ReturnType<OpenApiGeneratorV31['generateDocument']>;

const FeedEventSchema = z
  .object({
    type: z.enum([...FEED_EVENT_TYPES, CHANNEL_EVENT, NOTICE_EVENT]),
    conversationId: z.string().optional().meta({ description: 'Of events about conversations.' }),
    channelId: z.string().optional().meta({ description: 'Of `channel.updated`: read the channel again.' }),
    message: MessageSchema.optional(),
    conversation: ConversationSchema.optional(),
    notice: NoticeSchema.optional().meta({ description: 'Of `notice.created`.' }),
  })
  .meta({
    id: 'FeedEvent',
    description: 'The `data` of an event; several may bring the same message: apply by id.',
  });

const EndpointEventSchema = z
  .object({
    type: z.literal('message.received'),
    timestamp: z.iso.datetime(),
    data: z.object({ message: MessageSchema, conversation: ConversationSchema }),
  })
  .meta({ id: 'EndpointEvent' });

/** @param baseUrl where the interface is reached; unset: at the address of the document */
export function openApiDocument(routes: Route[], baseUrl: string | undefined): OpenApiDocument {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key of the tenant: `wsk_…`.',
  });
  registry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: SESSION_COOKIE,
    description: 'A person who signed in; what changes something needs `X-CSRF-Token` too (`GET /v1/me`).',
  });
  for (const route of routes) registry.registerPath(operation(route));
  registry.registerPath(feedOperation());
  registry.registerWebhook(endpointWebhook());
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'WHATSPER',
      version: '1',
      description: 'WhatsApp gateway: read conversations, send messages, follow what happens.',
    },
    servers: [{ url: baseUrl ?? '/' }],
  });
}

function operation(route: Route): RouteConfig {
  const { method, path, summary, description, params, query, body, response, status = 200 } = route;
  return {
    method,
    path,
    summary,
    description: [description, scopeLine(route)].filter((line) => line !== undefined).join('\n\n'),
    operationId: operationId(method, path),
    tags: [path.split('/')[2] ?? ''],
    security: route.scope === 'public' ? [] : [{ apiKey: [] }, { session: [] }],
    request: {
      ...(params instanceof z.ZodObject ? { params } : {}),
      ...(query ? { query } : {}),
      ...(route.idempotent ? { headers: idempotencyHeader } : {}),
      ...(route.upload ? { body: uploadBody } : {}),
      ...(body ? { body: { required: true, content: { 'application/json': { schema: body } } } } : {}),
    },
    responses: {
      [status]: { description: 'Done.', content: { 'application/json': { schema: response } } },
      ...problemsOf(route),
    },
  };
}

const bytes = z.string().meta({ format: 'binary' });
const uploadBody = {
  required: true,
  content: {
    'multipart/form-data': { schema: z.strictObject({ file: bytes }) },
    'application/octet-stream': { schema: bytes },
  },
};

function scopeLine(route: Route): string {
  if (route.scope === 'public') return 'For everybody; a browser only from pages of this address.';
  const right =
    route.scope === 'any-caller' ? 'Needs a valid key or session.' : `Needs the scope \`${route.scope}\`.`;
  return route.forPeople ? `${right} Only for people who signed in.` : right;
}

/** `get /v1/conversations/{id}/messages` → `getConversationsByIdMessages` */
function operationId(method: string, path: string): string {
  const words = path.split('/').slice(2);
  const names = words.map((word) =>
    word.startsWith('{') ? `By${capital(word.slice(1, -1))}` : capital(word),
  );
  return method + names.join('');
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

const idempotencyHeader = z.object({
  'Idempotency-Key': z.string().max(255).optional().meta({
    description: 'The same key with the same body is done once; with another body it is refused (409).',
  }),
});

function problemsOf(route: Route): RouteConfig['responses'] {
  const conflict = [route.idempotent ? '`idempotency-conflict`: the key was used with another body.' : ''];
  const known: Record<number, string> = {
    ...(route.scope === 'public' ? {} : { 401: 'No valid API key or session.' }),
    403: 'The key or role lacks the scope, or a browser asks from another site’s page.',
    ...(route.params ? { 404: 'There is no such thing, or it is not yours.' } : {}),
    ...(route.idempotent ? { 409: conflict.join('') } : {}),
    ...(route.body || route.query ? { 422: 'The request is not valid; `errors` names the fields.' } : {}),
    ...(route.body ? { 413: 'The body is too large.', 415: 'The body is not JSON.' } : {}),
    429: 'Too many requests; wait as long as `Retry-After` says.',
    503: 'A server that this needs is away; try again after `Retry-After`.',
  };
  for (const [status, words] of Object.entries(route.problems ?? {})) {
    const before = known[Number(status)];
    known[Number(status)] = before === undefined ? words : `${before} ${words}`;
  }
  return Object.fromEntries(Object.entries(known).map(([status, words]) => [status, problem(words)]));
}

function problem(description: string) {
  return { description, content: { 'application/problem+json': { schema: ProblemSchema } } };
}

/** Served beside Express (agents/feed-stream.ts), so it is described here. */
function feedOperation(): RouteConfig {
  return {
    method: 'get',
    path: '/v1/feed',
    summary: 'Follow what happens, live',
    description:
      'Server-sent events; `event` is the type, or `reset`: read your lists again. Resume with `Last-Event-ID`. Needs the scopes `conversations:read` and `messages:read`.',
    operationId: 'getFeed',
    tags: ['feed'],
    security: [{ apiKey: [] }, { session: [] }],
    request: {
      query: z.strictObject({
        cursor: z.string().optional().meta({ description: '`feedCursor` of a list.' }),
      }),
      headers: z.object({ 'Last-Event-ID': z.string().optional() }),
    },
    responses: {
      200: { description: 'The stream.', content: { 'text/event-stream': { schema: FeedEventSchema } } },
      401: problem('No valid API key.'),
      403: problem('The API key lacks a scope.'),
      422: problem('The cursor is none.'),
      503: problem('A server that this needs is away; try again after `Retry-After`.'),
    },
  };
}

/** What a tenant's endpoint receives. */
function endpointWebhook(): RouteConfig {
  return {
    method: 'post',
    path: 'message.received',
    summary: 'A client wrote',
    description:
      'Sent to your endpoints, signed by Standard Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`). Delivered at least once; the id is the same in every repeat.',
    request: { body: { required: true, content: { 'application/json': { schema: EndpointEventSchema } } } },
    responses: { 204: { description: 'Any 2xx says that you have it.' } },
  };
}
