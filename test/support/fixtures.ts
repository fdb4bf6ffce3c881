/** Businesses, clients and what they wrote, made by the product's own functions; a server to ask. */
import { currentPolicy } from '../../src/accounts/legal-texts.ts';
import type { Context } from '../../src/context.ts';
import { conversationIdFor, identityKey, inboundMessageId } from '../../src/conversations/ids.ts';
import { handleInboundMessage } from '../../src/conversations/inbound.ts';
import { Identities, type IdentityRow } from '../../src/conversations/model.ts';
import { createServer } from '../../src/http/server.ts';
import { parkItem } from '../../src/lanes/dead-letters.ts';
import { createLogger, type Logger } from '../../src/ops/log.ts';
import { newId } from '../../src/store/ids.ts';
import { withTenant } from '../../src/store/scope.ts';
import { SESSION_COOKIE } from '../../src/tenants/auth.ts';
import { addChannel } from '../../src/tenants/channels.ts';
import { createApiKey } from '../../src/tenants/keys.ts';
import { Roles, type UserRow, Users } from '../../src/tenants/people-model.ts';
import { type Permission, PERMISSIONS, type Scope, SCOPES } from '../../src/tenants/permissions.ts';
import { endSessions, startSession } from '../../src/tenants/sessions.ts';
import { createTenant } from '../../src/tenants/tenants.ts';
import type { WebhookHandler } from '../../src/webhooks/receiver.ts';
import { WABA } from './webhook.ts';

export interface Business {
  tenantId: string;
  channelId: string;
  phoneNumberId: string;
  /** A key with every scope. */
  key: string;
}

let numbers = 0;

/** A tenant with one channel and a key that may do everything. */
export async function openBusiness(ctx: Context, name: string): Promise<Business> {
  numbers += 1;
  const phoneNumberId = `1065${Date.now()}${numbers}`;
  const { tenantId } = await createTenant(ctx, { name, email: 'owner@business.example' });
  const { channelId } = await addChannel(ctx, {
    tenantId,
    phoneNumberId,
    wabaId: WABA,
    displayNumber: '+97235550100',
    token: 'token-of-the-tests',
    name: `${name} line`,
  });
  return { tenantId, channelId, phoneNumberId, key: await keyWith(ctx, tenantId, [...SCOPES]) };
}

export async function keyWith(ctx: Context, tenantId: string, scopes: Scope[]): Promise<string> {
  return (await createApiKey(ctx, { tenantId, scopes })).key;
}

interface Signing {
  /** What the person's role may; everything by default. */
  permissions?: readonly Permission[];
  /** Instead of a role with those permissions: a built-in one. */
  role?: string;
  status?: UserRow['status'];
  ended?: boolean;
}

/** The policy in force. */
export function acceptedNow({ settings }: Pick<Context, 'settings'>): { version: string; hash: string } {
  const { version, hash } = currentPolicy(settings);
  return { version, hash };
}

let people = 0;

/** A person of the business with a session: the headers that a page of ours sends (`ask` adds the Origin). */
export async function signedIn(
  ctx: Context,
  { tenantId }: Pick<Business, 'tenantId'>,
  { permissions = PERMISSIONS, role, status = 'active', ended = false }: Signing = {},
): Promise<{ userId: string; headers: Record<string, string> }> {
  people += 1;
  const now = new Date(ctx.clock.now());
  const userId = newId(ctx, 'usr');
  const place = { tenantId, collection: 'users', id: userId, field: 'profile' };
  const profile = {
    firstName: 'Person',
    lastName: `${people}`,
    username: `person-${people}`,
    email: '',
    phone: '',
  };
  const ownRole = {
    _id: newId(ctx, 'rol'),
    tenantId,
    name: `role ${people}`,
    permissions: [...permissions],
    createdAt: now,
  };
  const user: UserRow = {
    _id: userId,
    tenantId,
    role: role ?? ownRole._id,
    status,
    profile: await ctx.store.keyring.seal({ kind: 'user', id: userId }, place, profile),
    accepted: { ...acceptedNow(ctx), at: now, surface: 'test' },
    origin: { by: 'operator', how: 'operator', at: now },
    createdAt: now,
  };
  const device = { userAgent: 'test', address: '127.0.0.1' };
  const { token, csrfToken } = await startSession(ctx, { tenantId, userId, strong: true, device });
  await withTenant(tenantId, async () => {
    if (role === undefined) await ctx.store.model(Roles).insertMany([ownRole]);
    await ctx.store.model(Users).insertMany([user]);
    if (ended) await endSessions(ctx, { userId, by: 'test' });
  });
  return { userId, headers: { Cookie: `${SESSION_COOKIE}=${token}`, 'X-CSRF-Token': csrfToken } };
}

export interface Written {
  contactId: string;
  conversationId: string;
  messageId: string;
}

interface Writing {
  phone: string;
  name?: string;
  body?: string;
  wamid?: string;
  /** Instead of a text: the message object without id, from and timestamp. */
  message?: Record<string, unknown>;
}

let written = 0;

/** A client writes to a business now. */
export async function clientWrites(ctx: Context, business: Business, writing: Writing): Promise<Written> {
  written += 1;
  const { phone, name = 'Client', body = 'hello', wamid = `wamid.fixture.${written}` } = writing;
  const { tenantId, channelId, phoneNumberId } = business;
  const message = {
    id: wamid,
    from: phone,
    timestamp: String(Math.floor(ctx.clock.now() / 1000)),
    ...(writing.message ?? { type: 'text', text: { body } }),
  };
  const contacts = [{ wa_id: phone, profile: { name } }];
  const position = ctx.positions.next();
  return withTenant(tenantId, async () => {
    await handleInboundMessage(ctx, {
      tenantId,
      channelId,
      phoneNumberId,
      position,
      body: { message, contacts },
    });
    const _id = await identityKey(ctx, tenantId, { kind: 'phone', value: phone });
    const identity = await ctx.store.model(Identities).findOne({ _id }).lean<IdentityRow>().exec();
    const contactId = identity?.contactId ?? '';
    return {
      contactId,
      conversationId: await conversationIdFor(ctx, tenantId, channelId, { contactId }),
      messageId: await inboundMessageId(ctx, tenantId, phoneNumberId, wamid),
    };
  });
}

/** A client's message that could not be handled. @returns the dead letter's id */
export async function clientIsParked(
  ctx: Context,
  { tenantId, phoneNumberId }: Business,
  { phone, body = 'hello' }: Pick<Writing, 'phone' | 'body'>,
): Promise<string> {
  written += 1;
  const message = { id: `wamid.fixture.${written}`, from: phone, type: 'text', text: { body } };
  const item = {
    kind: 'message' as const,
    app: 'default',
    wabaId: WABA,
    field: 'messages',
    phoneNumberId,
    position: ctx.positions.next(),
    body: { message, contacts: [] },
  };
  return parkItem(ctx, item, { reason: 'failed', detail: 'It failed.', attempts: 12, tenantId });
}

export interface Answer<Body = unknown> {
  status: number;
  headers: Headers;
  body: Body;
  text: string;
}

interface Asking {
  key?: string;
  /** Sent as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
}

export interface TestGateway {
  url: string;
  /** Asks the gateway; the body is read as JSON where it is JSON. */
  ask<Body = Record<string, unknown>>(method: string, path: string, asking?: Asking): Promise<Answer<Body>>;
  close(budgetMs?: number): Promise<void>;
}

/** The product's server on the port of its settings, or one of its own; `webhook` may be the receiver. */
export async function openGateway(
  ctx: Context,
  { webhook }: { webhook: WebhookHandler } = {
    webhook: (_request, response) => void response.end('webhook'),
  },
): Promise<TestGateway> {
  const server = createServer(ctx, { webhook });
  const url = `http://127.0.0.1:${await server.listen(ctx.settings.PORT, '127.0.0.1')}`;
  return {
    url,
    async ask<Body>(method: string, path: string, { key, body, headers }: Asking = {}) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...(headers?.Cookie === undefined ? {} : { Origin: url }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = /json/.test(response.headers.get('content-type') ?? '') && text !== '';
      return {
        status: response.status,
        headers: response.headers,
        text,
        body: (isJson ? JSON.parse(text) : text) as Body,
      };
    },
    close: (budgetMs = 2_000) => server.close(budgetMs),
  };
}

/** A logger whose lines are kept. */
export function keptLog(level = 'debug'): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  return { log: createLogger(level, { write: (line: string) => void lines.push(line) }), lines };
}
