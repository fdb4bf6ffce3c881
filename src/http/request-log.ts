/** One wide line per request, with the route's pattern instead of the address that was asked for. */
import type { RequestHandler, Response } from 'express';

import type { Context } from '../context.ts';
import { newId } from '../store/ids.ts';

export interface RequestState {
  requestId: string;
  /** Pattern of the route; `unmatched` when there is none. */
  route: string;
  tenantId?: string;
  /** Word of the problem that was answered. */
  reason?: string;
  /** What we did not foresee. */
  error?: unknown;
}

/** What is known of the request that this response answers. */
export function requestState(response: Response): RequestState {
  return response.locals.state as RequestState;
}

/** Gives each request an id, says it in `X-Request-Id`, and logs the request when it has been answered. */
export function logRequests(ctx: Context): RequestHandler {
  return (request, response, next) => {
    const started = performance.now();
    const state: RequestState = { requestId: newId(ctx, 'req'), route: 'unmatched' };
    response.locals.state = state;
    response.setHeader('X-Request-Id', state.requestId);
    response.on('close', () => {
      const { error, ...known } = state;
      const fields = {
        ...known,
        method: request.method,
        status: response.statusCode,
        outcome: response.writableFinished ? 'answered' : 'aborted',
        ms: Math.round((performance.now() - started) * 10) / 10,
      };
      if (error !== undefined) ctx.log.error({ ...fields, err: error }, 'request.handled');
      else if (isQuiet(state)) ctx.log.debug(fields, 'request.handled');
      else ctx.log.info(fields, 'request.handled');
    });
    next();
  };
}

/** Probes and files come too often to be news. */
function isQuiet({ route, reason }: RequestState): boolean {
  return reason === undefined && ['/healthz', '/readyz', 'unmatched', 'console', '/docs'].includes(route);
}
