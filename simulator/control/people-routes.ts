import type { Request } from 'express';
import { Router } from 'express';
import { z } from 'zod';

import type { Client } from '../client.ts';
import { sampleNames } from '../people/samples.ts';
import { personChange, personInput } from '../settings.ts';
import type { Simulation } from '../simulation.ts';
import { numberOf } from '../simulation.ts';
import type { Simulator } from '../simulator.ts';
import { NotFound, parse } from './errors.ts';
import { personView, threadView } from './views.ts';

const chat = z.object({ phoneNumberId: z.string() });
const message = z.union([z.string().min(1), z.looseObject({ type: z.string() })]);
const writing = z.union([
  chat
    .extend({ message, wamid: z.string().optional(), times: z.number().int().min(1).max(20).optional() })
    .strict(),
  chat.extend({ sample: z.enum(sampleNames) }).strict(),
]);

type WithId = Request<{ id: string }>;

/** People and their chats: `/people`, `/people/:id`, `/people/:id/messages`, `/people/:id/read`. */
export function peopleRoutes(simulation: Simulation, simulator: Simulator): Router {
  const router = Router();
  const clientOf = (request: WithId): Client => {
    const client = simulator.clientById(request.params.id);
    if (client === undefined) throw new NotFound('No person has this id; GET /control/people lists them.');
    return client;
  };

  router.get('/people', (_request, response) => {
    response.json({ items: simulation.people.list().map(personView) });
  });

  router.post('/people', (request, response) => {
    const { person } = simulator.client(parse(personInput, request.body));
    response.status(201).json(personView(person));
  });

  router.patch('/people/:id', (request: WithId, response) => {
    const client = clientOf(request);
    client.change(parse(personChange, request.body));
    response.json(personView(client.person));
  });

  router.get('/people/:id/messages', (request: WithId, response) => {
    const { person } = clientOf(request);
    const { phoneNumberId } = numberOf(simulation, parse(chat, request.query).phoneNumberId);
    response.json(threadView(simulation.threads.get(person, phoneNumberId), simulation.clock()));
  });

  router.post('/people/:id/messages', (request: WithId, response) => {
    const client = clientOf(request);
    const body = parse(writing, request.body);
    const { wamid, record } =
      'sample' in body
        ? client.sendSample(body.phoneNumberId, body.sample)
        : client.send(body.phoneNumberId, body.message, {
            ...(body.wamid === undefined ? {} : { wamid: body.wamid }),
            ...(body.times === undefined ? {} : { times: body.times }),
          });
    response.status(202).json({ wamid, deliveryId: record.id });
  });

  router.post('/people/:id/read', (request: WithId, response) => {
    const posts = clientOf(request).read(parse(chat, request.body).phoneNumberId);
    simulation.tasks.own(posts);
    response.status(202).json({});
  });

  return router;
}
