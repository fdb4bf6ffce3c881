import { Router } from 'express';
import { z } from 'zod';

import { faultSchema, matchSchema } from '../faults.ts';
import type { Simulator } from '../simulator.ts';
import { NotFound, parse } from './errors.ts';
import { deliveryView } from './views.ts';

const faultBody = z.strictObject({ fault: faultSchema, match: matchSchema.optional() });

const statusBody = z.strictObject({
  wamid: z.string(),
  status: z.enum(['sent', 'delivered', 'read', 'played', 'failed']),
  code: z.number().int().optional(),
});

const batchBody = z.strictObject({
  messages: z
    .array(
      z.strictObject({
        personId: z.string(),
        phoneNumberId: z.string(),
        message: z.union([z.string(), z.looseObject({ type: z.string() })]),
      }),
    )
    .min(1)
    .max(1_000),
  layout: z.enum(['merged', 'changes', 'entries']).optional(),
});

/** One of three bodies; `signature: null` sends none, a text is sent as it is. */
const webhookBody = z
  .strictObject({
    json: z.looseObject({}).optional(),
    text: z.string().optional(),
    base64: z.base64().optional(),
    signature: z.string().nullable().optional(),
    retry: z.boolean().default(false),
  })
  .refine(
    ({ json, text, base64 }) => [json, text, base64].filter((one) => one !== undefined).length === 1,
    'give one of json, text and base64',
  );

/** What scripts order: `/faults`, `/statuses`, `/batches`, `/webhooks`, `/handshake`. */
export function scriptRoutes(simulator: Simulator): Router {
  const router = Router();

  router.get('/faults', (_request, response) => {
    response.json({ items: simulator.faults.pending() });
  });

  router.post('/faults', (request, response) => {
    const { fault, match } = parse(faultBody, request.body);
    simulator.faults.nextSend(fault, match);
    response.status(201).json({ items: simulator.faults.pending() });
  });

  router.delete('/faults', (_request, response) => {
    simulator.faults.clear();
    response.json({ items: [] });
  });

  router.post('/statuses', async (request, response) => {
    const { wamid, status, code } = parse(statusBody, request.body);
    response.json(deliveryView(await simulator.status(wamid, status, code)));
  });

  router.post('/batches', (request, response) => {
    const { messages, layout } = parse(batchBody, request.body);
    const items = messages.map(({ personId, ...message }) => {
      const client = simulator.clientById(personId);
      if (client === undefined) throw new NotFound(`No person has the id ${personId}.`);
      return { client, ...message };
    });
    const { wamids, record } = simulator.sendBatch(items, layout === undefined ? {} : { layout });
    response.status(202).json({ wamids, deliveryId: record.id });
  });

  router.post('/webhooks', async (request, response) => {
    const { json, text, base64, signature, retry } = parse(webhookBody, request.body);
    const body = json ?? (base64 === undefined ? (text ?? '') : Buffer.from(base64, 'base64'));
    const options = signature === undefined ? { retry } : { retry, signature };
    response.json(deliveryView(await simulator.post(body, options)));
  });

  router.post('/handshake', async (_request, response) => {
    response.json(await simulator.handshake());
  });

  return router;
}
