/**
 * The declaration of a REST route. Every route of the product is one; Express, the OpenAPI document and the test of
 * tenant isolation are made from the same table (routes.ts), so none of them can forget one.
 */
import type { IncomingMessage } from 'node:http';

import { z } from 'zod';

import type { Context } from '../context.ts';
import type { Scope } from '../tenants/model.ts';
import { openCursor, type Position, sealCursor } from './cursor.ts';

/** Who calls: an API key of a tenant. */
export interface Caller {
  tenantId: string;
  keyId: string;
  name: string;
  scopes: Scope[];
  /** Stored with what the caller does. */
  principal: `key:${string}`;
}

export interface ApiRequest<Params = unknown, Query = unknown, Body = unknown> {
  tenantId: string;
  /** `key:<id>` */
  principal: string;
  key: Caller;
  params: Params;
  query: Query;
  body: Body;
  /** Its body has been read, but for routes of an `upload`. */
  request: IncomingMessage;
  /** Only of routes that are `idempotent`. */
  idempotencyKey?: string;
}

interface Definition<Params, Query, Body, Answer> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As in OpenAPI: `/v1/conversations/{id}`. */
  path: `/v1/${string}`;
  summary: string;
  description?: string;
  /** The right that the key needs; `any-key`: any valid key. */
  scope: Scope | 'any-key';
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
  /** Takes an `Idempotency-Key`: the same key with the same body is done once. */
  idempotent?: boolean;
  /** Words of the problems that only this route knows, for the document. */
  problems?: Record<number, string>;
  /** Runs in the tenant's scope. */
  handle(ctx: Context, request: ApiRequest<Params, Query, Body>): Promise<Answer>;
}

export type Route = Definition<unknown, unknown, unknown, unknown>;

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
  'path' | 'summary' | 'description' | 'scope' | 'params'
> {
  filters?: Filters;
  item: z.ZodType<Item>;
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
  const { filters = {}, item, feed = false, read, ...rest } = definition;
  return route({
    ...rest,
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
