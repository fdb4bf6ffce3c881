/**
 * The declaration of a REST route. Every route of the product is one; Express, the OpenAPI document and the test of
 * tenant isolation are made from the same table (routes.ts), so none of them can forget one.
 */
import type { IncomingMessage } from 'node:http';

import { z } from 'zod';

import type { Act } from '../audit/acts.ts';
import type { Context } from '../context.ts';
import type { Budget } from '../ops/rate-limits.ts';
import type { Permission } from '../tenants/permissions.ts';
import { openCursor, type Position, sealCursor } from './cursor.ts';

/** What a person must do before the rest of the interface answers. */
export const PENDING_STEPS = [
  'accept-policy',
  'change-password',
  'complete-account',
  'add-second-factor',
] as const;
export type PendingStep = (typeof PENDING_STEPS)[number];

/** Who calls: an API key of a tenant, a person who signed in, or a member of staff to whom the tenant is open. */
export interface Caller {
  tenantId: string;
  kind: 'key' | 'person' | 'operator';
  /** Of the key, the user or the operator. */
  id: string;
  name: string;
  scopes: readonly Permission[];
  /** Stored with what the caller does. */
  principal: `key:${string}` | `user:${string}` | `operator:${string}`;
  /** Of a person. `strong`: a second factor was shown. */
  session?: { id: string; csrfToken: string; strong: boolean };
  /** Of an operator: what of the tenant is open to them, by which access. */
  grants?: readonly { id: string; permissions: readonly Permission[] }[];
  /** Of a person; empty for others. */
  pending: readonly PendingStep[];
}

interface Asked<Params, Query, Body> {
  params: Params;
  query: Query;
  body: Body;
  /** Its body has been read, but for routes of an `upload`. */
  request: IncomingMessage;
  /** As in `X-Request-Id`. */
  requestId: string;
  /** Adds a `Set-Cookie` to the answer. */
  setCookie: (line: string) => void;
  /** Asks the browser to forget what it cached of this address: files that the person looked at. */
  clearCache: () => void;
}

export interface ApiRequest<Params = unknown, Query = unknown, Body = unknown> extends Asked<
  Params,
  Query,
  Body
> {
  tenantId: string;
  /** `key:<id>`, `user:<id>` or `operator:<id>` */
  principal: string;
  caller: Caller;
  /** Only of routes that are `idempotent`. */
  idempotencyKey?: string;
}

/** Nobody is signed in. */
export type PublicRequest<Params = unknown, Query = unknown, Body = unknown> = Asked<Params, Query, Body>;

interface Described<Params, Query, Body, Answer> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As in OpenAPI: `/v1/conversations/{id}`. */
  path: `/v1/${string}`;
  summary: string;
  description?: string;
  params?: z.ZodType<Params>;
  query?: z.ZodObject & z.ZodType<Query>;
  body?: z.ZodType<Body>;
  /** Looks at the body before the schema does, where a refusal can say more. @throws Reject (422) */
  lookAtBody?: (body: unknown) => void;
  /** The body is a file, or a form with one: the handler reads it as it comes. */
  upload?: true;
  response: z.ZodType<Answer>;
  /** Status of success; 200 by default. */
  status?: 200 | 201 | 202;
  /** Whose part of the rate limits a request takes; by default `read` for GET, else `write`. */
  budget?: Budget;
  /** Takes an `Idempotency-Key`: the same key with the same body is done once. */
  idempotent?: boolean;
  /** Words of the problems that only this route knows, for the document. */
  problems?: Record<number, string>;
}

interface Definition<Params, Query, Body, Answer> extends Described<Params, Query, Body, Answer> {
  /** The right that the caller needs; `any-caller`: any valid key or session. */
  scope: Permission | 'any-caller';
  /** A key is refused, whatever its scopes; an operator may read with the right that the route needs. */
  forPeople?: true;
  /** Answers also while steps are pending for the person. */
  whilePending?: true;
  /**
   * Ids of the clients' content that an answer shows: the audit log says who looked at it. Needed wherever an answer
   * may hold content; NOTHING_NEW where it only repeats what the caller has just sent.
   */
  views?(this: void, answer: Answer, params: Params): string[];
  /** A privileged act: it stands in the audit log before it is done. */
  audits?: Act<Params, Body, Answer>;
  /** Runs in the tenant's scope. */
  handle(ctx: Context, request: ApiRequest<Params, Query, Body>): Promise<Answer>;
}

/** For `views`: the caller said it, or saw it before. */
export const NOTHING_NEW = (): string[] => [];

interface PublicDefinition<Params, Query, Body, Answer> extends Described<Params, Query, Body, Answer> {
  scope: 'public';
  /** Runs in nobody's scope: it finds out whose business this is, and enters that tenant's. */
  handle(ctx: Context, request: PublicRequest<Params, Query, Body>): Promise<Answer>;
}

export type TenantRoute = Definition<unknown, unknown, unknown, unknown>;
export type PublicRoute = PublicDefinition<unknown, unknown, unknown, unknown>;
export type Route = TenantRoute | PublicRoute;

/** Declares a route for everybody: sign-in and what leads to it. A foreign page may not call it. */
export function publicRoute<Params, Query, Body, Answer>(
  definition: PublicDefinition<Params, Query, Body, Answer>,
): Route {
  return definition;
}

/** Declares a route. */
export function route<Params, Query, Body, Answer>(
  definition: Definition<Params, Query, Body, Answer>,
): Route {
  return definition;
}

/** Which part of a list is wanted. */
export interface Page {
  limit: number;
  after?: Position;
}

/** A part of a list, and where the next one begins. */
export interface Found<Item> {
  items: Item[];
  next: Position | null;
  /** Where the live feed stood before the list was read. */
  feedCursor?: string;
}

const pageQuery = {
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().max(500).optional().meta({ description: '`nextCursor` of the page before.' }),
};

interface ListDefinition<Params, Filters extends z.ZodRawShape, Item> extends Pick<
  Definition<Params, unknown, unknown, unknown>,
  'path' | 'summary' | 'description' | 'scope' | 'params' | 'forPeople' | 'whilePending' | 'budget'
> {
  filters?: Filters;
  item: z.ZodType<Item>;
  /** As of a route, for each item. */
  views?(this: void, item: Item, params: Params): string[];
  /** True when the answer also says where the live feed stands. */
  feed?: boolean;
  read: (
    ctx: Context,
    request: ApiRequest<Params, z.output<z.ZodObject<Filters>>>,
    page: Page,
  ) => Promise<Found<Item>>;
}

/** Declares `GET` of a list: `?limit=&cursor=` → `{ items, nextCursor }`. */
export function listRoute<Params, Filters extends z.ZodRawShape, Item>(
  definition: ListDefinition<Params, Filters, Item>,
): Route {
  const { filters = {}, item, views, feed = false, read, ...rest } = definition;
  return route({
    ...rest,
    ...(views
      ? {
          views: ({ items }: { items: Item[] }, params: Params) => items.flatMap((one) => views(one, params)),
        }
      : {}),
    method: 'get',
    query: z.strictObject({ ...filters, ...pageQuery }),
    response: z.object({
      items: z.array(item),
      nextCursor: z.string().nullable().meta({ description: 'For `cursor`; null at the end.' }),
      ...(feed
        ? { feedCursor: z.string().meta({ description: 'Where `GET /v1/feed` goes on from this list.' }) }
        : {}),
    }),
    async handle(ctx, request) {
      const { limit, cursor, ...chosen } = request.query as { limit: number; cursor?: string };
      const use = {
        tenantId: request.tenantId,
        path: rest.path,
        filters: { ...(request.params as object | undefined), ...chosen },
      };
      const after = cursor === undefined ? undefined : await openCursor(ctx, use, cursor);
      const typed = request as unknown as ApiRequest<Params, z.output<z.ZodObject<Filters>>>;
      const { items, next, feedCursor } = await read(ctx, typed, { limit, ...(after ? { after } : {}) });
      return {
        items,
        nextCursor: next && (await sealCursor(ctx, use, next)),
        ...(feedCursor === undefined ? {} : { feedCursor }),
      };
    },
  });
}
