import type { ErrorRequestHandler, Request, Response } from 'express';
import express, { Router } from 'express';
import { z } from 'zod';

import type { Receipts } from '../receipts.ts';
import type { BusinessNumber } from '../settings.ts';
import type { Simulation } from '../simulation.ts';
import { shakeHands } from '../webhooks/handshake.ts';
import { authorizeAccount, authorizeNumber } from './authorize.ts';
import { GraphError } from './errors.ts';
import { markRead } from './mark-read.ts';
import { mediaRoutes } from './media.ts';
import { isReadCall } from './message-body.ts';
import { stateOf } from './number-state.ts';
import { describeNumber } from './numbers.ts';
import { APP_ID, checkMaySend, onboardingRoutes } from './onboarding.ts';
import { send } from './send.ts';
import { templateRoutes } from './templates.ts';

const overrideBody = z
  .object({ override_callback_uri: z.url().max(200).optional(), verify_token: z.string().optional() })
  .default({});

const configurationBody = z.object({
  webhook_configuration: z.object({
    override_callback_uri: z.string().max(200),
    verify_token: z.string().optional(),
  }),
});

const oneParameter = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The Graph API as the gateway uses it: `/{version}/{id}/…`. */
export function graphRouter(simulation: Simulation, receipts: Receipts): Router {
  const { numbers, subscriptions } = simulation;
  const router = Router();
  router.use(mediaRoutes(simulation));
  router.use(express.json({ limit: '1mb', type: () => true, strict: false }));

  router.post('/:id/messages', async (request: Request<{ id: string }>, response) => {
    const number = authorizeNumber(request, numbers, request.params.id);
    const body: unknown = request.body;
    checkMaySend(number, body);
    if (isReadCall(body)) response.json(markRead(simulation, number, body));
    else await send(simulation, receipts, number, body, response);
  });

  router.get('/:id/subscribed_apps', (request: Request<{ id: string }>, response) => {
    const { id } = request.params;
    authorizeAccount(request, numbers, id);
    const override = subscriptions.override(id);
    const app = {
      whatsapp_business_api_data: { id: APP_ID, name: 'WHATSPER', link: 'https://whatsper.dev/' },
    };
    const shown = { ...app, ...(override === undefined ? {} : { override_callback_uri: override }) };
    response.json({ data: subscriptions.isSubscribed(id) ? [shown] : [] });
  });

  router.post('/:id/subscribed_apps', async (request: Request<{ id: string }>, response) => {
    authorizeAccount(request, numbers, request.params.id);
    await subscribe(simulation, request.params.id, request.body);
    response.json({ success: true });
  });

  router.delete('/:id/subscribed_apps', (request: Request<{ id: string }>, response) => {
    authorizeAccount(request, numbers, request.params.id);
    subscriptions.unsubscribe(request.params.id);
    response.json({ success: true });
  });

  router.post('/:id', async (request: Request<{ id: string }>, response, next) => {
    if (!numbers.has(request.params.id)) return next();
    const number = authorizeNumber(request, numbers, request.params.id);
    await configureNumber(simulation, number, request.body);
    response.json({ success: true });
  });

  router.use(templateRoutes(simulation));

  router.use(onboardingRoutes(simulation));

  router.get('/:id', (request: Request<{ id: string }>, response) => {
    const number = authorizeNumber(request, numbers, request.params.id);
    response.json(describeNumber(number, oneParameter(request.query['fields']), subscriptions));
  });

  router.use((request) => {
    throw new GraphError(100, {
      subcode: 33,
      details: `Unsupported ${request.method.toLowerCase()} request.`,
    });
  });
  router.use(answerError(simulation));
  return router;
}

/** @throws GraphError 100 when the override's address does not answer the handshake */
async function subscribe(simulation: Simulation, wabaId: string, body: unknown): Promise<void> {
  simulation.subscriptions.subscribe(wabaId, await verifiedOverride(simulation, body));
}

/** The callback of a number alone; an empty address ends it. @throws GraphError 100 as above */
async function configureNumber(simulation: Simulation, number: BusinessNumber, body: unknown): Promise<void> {
  const parsed = configurationBody.safeParse(body);
  if (!parsed.success) throw new GraphError(100, { details: 'Only webhook_configuration can be set here.' });
  const { webhook_configuration: wanted } = parsed.data;
  const url = wanted.override_callback_uri === '' ? undefined : await verifiedOverride(simulation, wanted);
  stateOf(number).override = url ?? null;
}

async function verifiedOverride({ tasks, ids }: Simulation, body: unknown): Promise<string | undefined> {
  const parsed = overrideBody.safeParse(body ?? undefined);
  if (!parsed.success) throw new GraphError(100, { details: 'override_callback_uri is not an address.' });
  const { override_callback_uri: url, verify_token: token } = parsed.data;
  if (url !== undefined) {
    const { ok, problem } = await shakeHands(url, token ?? '', ids.hex(8), tasks.signal);
    if (!ok) throw new GraphError(100, { details: `The callback could not be verified: ${problem}.` });
  }
  return url;
}

/** Whatever goes wrong is a Graph error object; a body that is not JSON is 100, a fault of the simulator 131000. */
function answerError({ ids, log }: Simulation): ErrorRequestHandler {
  return (error: unknown, _request: Request, response: Response, next) => {
    if (response.headersSent) return next(error);
    const unreadable =
      typeof error === 'object' && error !== null && 'status' in error && error.status === 400;
    const graphError = error instanceof GraphError ? error : new GraphError(unreadable ? 100 : 131000);
    if (!(error instanceof GraphError) && !unreadable) log({ event: 'graph.failed', reason: String(error) });
    response.status(graphError.httpStatus).json(graphError.toBody(ids.trace()));
  };
}
