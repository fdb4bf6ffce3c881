/** The Express application: REST, its description, the console and the probes. */
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet from 'helmet';

import type { Context } from '../context.ts';
import { mountOutbox } from '../mail/outbox-page.ts';
import { MEDIA_PATH, serveMedia } from '../media/serve.ts';
import { Reject } from '../ops/errors.ts';
import { Health } from '../ops/health.ts';
import { RateLimits } from '../ops/rate-limits.ts';
import { mountConsole } from './console.ts';
import { mountDocs } from './docs.ts';
import { problemFor, sendProblem } from './errors.ts';
import { mountRoutes, refuseMethod } from './handler.ts';
import { legalPages, servePage } from './legal-pages.ts';
import { openApiDocument } from './openapi.ts';
import { logRequests, requestState } from './request-log.ts';
import { routes } from './routes.ts';
import { SECURITY_TXT_PATH, serveSecurityTxt } from './security-txt.ts';

/** Everything that is not the webhook or the live feed (server.ts gives those to their own handlers). */
export function createApp(ctx: Context, health = new Health(ctx), limits = new RateLimits(ctx)): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(logRequests(ctx), securityHeaders(), permissionsPolicy);
  mountProbes(app, health);
  app.use('/v1', neverStored);
  mountRoutes(app, ctx, routes, limits);
  mountMedia(app, ctx, limits);
  mountOutbox(app, ctx);
  const document = openApiDocument(routes, ctx.settings.BASE_URL);
  app.get('/openapi.json', (_request, response) => void response.json(document));
  mountDocs(app);
  app.get(SECURITY_TXT_PATH, serveSecurityTxt(ctx));
  for (const [path, page] of legalPages(ctx)) app.get(path, servePage(path, page));
  mountConsole(app);
  app.all(['/webhooks/whatsapp', '/webhooks/whatsapp/:app'], refuseMethod(['GET', 'POST']));
  app.use(() => {
    throw new Reject(404, 'not-found', 'No such address.');
  });
  app.use(answerProblem);
  return app;
}

/** Scripts, styles and connections of our own only; images also from memory, for what an agent is shown or uploads. */
function securityHeaders(): RequestHandler {
  const own = ["'self'"];
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: own,
        scriptSrc: own,
        styleSrc: own,
        connectSrc: own,
        imgSrc: [...own, 'data:', 'blob:'],
        mediaSrc: [...own, 'blob:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: own,
        frameAncestors: ["'none'"],
      },
    },
    xFrameOptions: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
  });
}

/** What our pages never ask a browser for, no script in them may. */
const permissionsPolicy: RequestHandler = (_request, response, next) => {
  response.setHeader(
    'Permissions-Policy',
    'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
  );
  next();
};

/** What a tenant reads must stay in no cache on the way. */
const neverStored: RequestHandler = (_request, response, next) => {
  response.setHeader('Cache-Control', 'no-store');
  next();
};

/** Links to files stand beside the table of routes: they name their owner themselves. */
function mountMedia(app: Express, ctx: Context, limits: RateLimits): void {
  const serve = serveMedia(ctx, limits);
  app.get(MEDIA_PATH, (request, response, next) => {
    requestState(response).route = MEDIA_PATH;
    return serve(request, response, next);
  });
  app.all(MEDIA_PATH, refuseMethod(['GET']));
}

function mountProbes(app: Express, health: Health): void {
  app.get('/healthz', (_request, response) => {
    requestState(response).route = '/healthz';
    response.json({ status: 'alive' });
  });
  app.get('/readyz', async (_request, response) => {
    const state = requestState(response);
    state.route = '/readyz';
    const { ready, problems, degraded } = await health.readiness();
    if (!ready) throw new Reject(503, 'not-ready', [...problems, ...degraded].join(' '));
    response.json(degraded.length === 0 ? { status: 'ready' } : { status: 'degraded', problems: degraded });
  });
}

const answerProblem: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  void next; // Express knows an error handler by its four parameters
  const state = requestState(response);
  const answer = problemFor(error, state.requestId);
  state.reason = answer.reason;
  if (answer.problem.status >= 500 && !(error instanceof Reject)) state.error = error;
  sendProblem(response, answer);
};
