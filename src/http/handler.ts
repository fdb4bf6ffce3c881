/** From a declared route to an Express handler: who calls → what they may → what they sent → the tenant's scope. */
import type { Express, Request, RequestHandler, Response } from 'express';

import { audited } from '../audit/acts.ts';
import { addressClass, withOrigin } from '../audit/origin.ts';
import { recordRefusal, recordViews } from '../audit/views.ts';
import type { Context } from '../context.ts';
import { recordLook } from '../operators/access.ts';
import { notFound, Reject } from '../ops/errors.ts';
import { clientAddress } from '../ops/proxies.ts';
import type { RateLimits } from '../ops/rate-limits.ts';
import { withTenant } from '../store/scope.ts';
import { authenticate, requireNothingPending, requireOwnOrigin, requireScopes } from '../tenants/auth.ts';
import { readJson } from './json-body.ts';
import { requestState } from './request-log.ts';
import type { ApiRequest, Caller, PublicRoute, Route, TenantRoute } from './route.ts';
import { checked, checkedIdempotencyKey, checkedQuery } from './validate.ts';

/**
 * Mounts a table of routes; a known path with another method answers 405. Paths without parameters come first, so that
 * `/v1/channels/connect` is never taken for the channel of that id.
 */
export function mountRoutes(app: Express, ctx: Context, routes: Route[], limits: RateLimits): void {
  const paths = new Map<string, Route[]>();
  for (const route of routes) paths.set(route.path, [...(paths.get(route.path) ?? []), route]);
  const inOrder = [...paths].sort(
    ([one], [other]) => Number(one.includes('{')) - Number(other.includes('{')),
  );
  for (const [path, known] of inOrder) {
    const pattern = path.replaceAll(/\{(\w+)\}/g, ':$1');
    for (const route of known) app[route.method](pattern, handlerOf(ctx, route, limits));
    app.all(pattern, refuseMethod(known.map(({ method }) => method.toUpperCase())));
  }
}

/** 405 with the methods that the path knows. */
export function refuseMethod(allowed: string[]): RequestHandler {
  const known = allowed.includes('GET') ? [...allowed, 'HEAD'] : allowed;
  return (_request, response) => {
    response.setHeader('Allow', known.join(', '));
    throw new Reject(405, 'method-not-allowed', `Use ${known.join(' or ')}.`);
  };
}

function handlerOf(ctx: Context, route: Route, limits: RateLimits): RequestHandler {
  return async (request, response) => {
    const state = requestState(response);
    state.route = route.path;
    const asked = {
      request,
      requestId: state.requestId,
      setCookie: (line: string) => void response.append('Set-Cookie', line),
      clearCache: () => void response.setHeader('Clear-Site-Data', '"cache"'),
    };
    const origin = { requestId: state.requestId, address: addressClass(clientAddress(ctx, request)) };
    const answer = await withOrigin(origin, async () =>
      route.scope === 'public'
        ? answerPublic(ctx, route, asked, await guardedInput(ctx, route, request, response))
        : answerCaller(ctx, route, asked, { response, limits }),
    );
    response.status(route.status ?? 200).json(answer);
  };
}

type Asked = Pick<ApiRequest, 'requestId' | 'setCookie' | 'clearCache'> & { request: Request };

/** A page of another site may not sign anybody in or start anything; programs send no Origin. */
async function guardedInput(ctx: Context, route: Route, request: Request, response: Response) {
  if (request.method !== 'GET' && request.headers.origin !== undefined) requireOwnOrigin(ctx, request);
  return checkedInput(route, request, response);
}

function answerPublic(
  ctx: Context,
  route: PublicRoute,
  asked: Asked,
  input: Awaited<ReturnType<typeof checkedInput>>,
): Promise<unknown> {
  return route.handle(ctx, { ...asked, ...input });
}

async function answerCaller(
  ctx: Context,
  route: TenantRoute,
  asked: Asked,
  { response, limits }: { response: Response; limits: RateLimits },
): Promise<unknown> {
  const { request } = asked;
  const caller = await limits.guard(clientAddress(ctx, request), () => authenticate(ctx, request));
  const { tenantId, principal } = caller;
  requestState(response).tenantId = tenantId;
  response.set(await limits.spend(caller, route.budget ?? (route.method === 'get' ? 'read' : 'write')));
  const { answer, params } = await refusalsWritten(ctx, caller, route, async () => {
    requireFit(ctx, route, caller);
    const input = await checkedInput(route, request, response);
    const { audits: act } = route;
    const work = () =>
      withTenant(tenantId, () => route.handle(ctx, { tenantId, principal, caller, ...asked, ...input }));
    const done = act ? await audited(ctx, caller, { act, ...input }, work) : await work();
    return { answer: done, params: input.params };
  });
  const objects = route.views?.(answer, params) ?? [];
  if (caller.kind === 'operator') {
    const ids = objects.length > 0 ? objects : Object.values(request.params).flat();
    const { path, scope } = route;
    await recordLook(ctx, caller, { method: request.method, route: path, scope, objects: ids });
  } else {
    await recordViews(ctx, { tenantId, principal, objects });
  }
  return answer;
}

/** What a caller may not stands in the audit log, whoever found out: this file or the route's own work. */
async function refusalsWritten<Result>(
  ctx: Context,
  caller: Caller,
  { method, path: route }: TenantRoute,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Reject && error.status === 403) {
      await recordRefusal(ctx, caller, { method: method.toUpperCase(), route, problem: error.problem });
    }
    throw error;
  }
}

/** @throws Reject (403) when this kind of caller has no business here, lacks the right, or must do something first */
function requireFit(ctx: Context, route: TenantRoute, caller: Caller): void {
  if (caller.kind === 'operator' && route.method !== 'get') {
    throw new Reject(403, 'read-only', 'Access of support is for reading only.');
  }
  const isReader = caller.kind === 'operator' && route.scope !== 'any-caller';
  if (route.forPeople && caller.kind !== 'person' && !isReader) {
    ctx.log.warn({ tenantId: caller.tenantId, keyId: caller.id, route: route.path }, 'auth.wrong-kind');
    throw new Reject(403, 'wrong-credential', 'Only a person who signed in may do this; an API key may not.');
  }
  if (!route.whilePending) requireNothingPending(caller);
  if (route.scope !== 'any-caller') requireScopes(caller, [route.scope]);
}

async function checkedInput(route: Route, request: Request, response: Response) {
  const idempotencyKey = route.idempotent
    ? checkedIdempotencyKey(request.headers['idempotency-key'])
    : undefined;
  return {
    params: route.params && checkedIds(route, request.params),
    query: checkedQuery(route.query, request.query),
    body: route.body && checkedBody(route, await readJson(request, response)),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  };
}

/** No id of ours looks otherwise, so there is no need to ask the database. @throws Reject (404) */
function checkedIds({ params }: Route, given: Record<string, string | string[]>): unknown {
  const isId = (value: unknown) => typeof value === 'string' && /^[\w.-]{1,100}$/.test(value);
  if (!Object.values(given).every(isId)) throw notFound('id');
  return params?.parse(given);
}

function checkedBody({ body, lookAtBody }: Route, input: unknown): unknown {
  lookAtBody?.(input);
  return body && checked(body, input, 'body');
}
