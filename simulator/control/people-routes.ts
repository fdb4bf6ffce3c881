import type { Request } from 'express';
import { Router } from 'express';
import { z } from 'zod';

import type { Client } from '../client.ts';
import { sampleNames } from '../people/samples.ts';
import { personChange, personInput } from '../settings.ts';
import type { Simulation } from '../simulation.ts';
import { numberOf } from '../simulation.ts';
import type { Simulator } from '../simulator.ts';
import { sceneNames } from '../webhooks/scenes.ts';
import { NotFound, parse } from './errors.ts';
import { personView, threadView } from './views.ts';

const chat = z.object({ phoneNumberId: z.string() });
const message = z.union([z.string().min(1), z.looseObject({ type: z.string() })]);
/** How it is posted: repeated, late, large, or many messages in one POST. */
const way = {
  times: z.number().int().min(1).max(20).optional(),
  late: z.number().int().min(0).max(600_000).optional(),
  bytes: z.number().int().min(0).max(4_000_000).optional(),
  copies: z.number().int().min(1).max(1_000).default(1),
};
const writing = z.union([
  chat.extend({ message, wamid: z.string().optional(), ...way }).strict(),
  chat.extend({ sample: z.enum(sampleNames), ...way }).strict(),
]);
const fieldBody = chat.extend({ field: z.string().min(1), value: z.looseObject({}).optional() }).strict();
const sceneBody = chat.extend({ scene: z.enum(sceneNames) }).strict();
const moveBody = z.strictObject({
  phone: z
    .string()
    .transform((phone) => phone.replace(/[^0-9]/g, ''))
    .pipe(z.string().regex(/^[0-9]{5,15}$/, 'give the phone with country code, 5 to 15 digits'))
    .optional(),
  tell: z.boolean().optional(),
});

const preferBody = chat.extend({ value: z.enum(['stop', 'resume']) }).strict();

type WithId = Request<{ id: string }>;

/** People and their chats: `/people`, `/people/:id`, `/people/:id/messages`, `/people/:id/read`, `/move`, `/fields`. */
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
    const { phoneNumberId, copies, times, late, bytes, ...what } = parse(writing, request.body);
    const message = 'sample' in what ? client.sample(phoneNumberId, what.sample) : what.message;
    const wamid = 'wamid' in what ? what.wamid : undefined;
    const item = { client, phoneNumberId, message, ...(wamid === undefined ? {} : { wamid }) };
    const { wamids, record } = simulator.sendBatch(
      Array.from({ length: copies }, () => item),
      {
        ...(times === undefined ? {} : { times }),
        ...(late === undefined ? {} : { late }),
        ...(bytes === undefined ? {} : { bytes }),
      },
    );
    response.status(202).json({ wamid: wamids[0], deliveryId: record.id });
  });

  router.post('/people/:id/move', (request: WithId, response) => {
    const { phone, tell = true } = parse(moveBody, request.body);
    const client = clientOf(request);
    // The phone is changed at once; what the businesses are told goes its way.
    simulation.tasks.own(client.move({ tell, ...(phone === undefined ? {} : { phone }) }));
    response.status(202).json(personView(client.person));
  });

  router.post('/people/:id/fields', (request: WithId, response) => {
    const { phoneNumberId, field, value } = parse(fieldBody, request.body);
    simulation.tasks.own(clientOf(request).field(phoneNumberId, field, value));
    response.status(202).json({});
  });

  router.post('/people/:id/scenes', (request: WithId, response) => {
    const { phoneNumberId, scene } = parse(sceneBody, request.body);
    simulation.tasks.own(clientOf(request).scene(phoneNumberId, scene));
    response.status(202).json({});
  });

  router.get('/scenes', (_request, response) => {
    response.json({ items: sceneNames });
  });

  router.post('/people/:id/marketing', (request: WithId, response) => {
    const { phoneNumberId, value } = parse(preferBody, request.body);
    simulation.tasks.own(clientOf(request).preferMarketing(phoneNumberId, value));
    response.status(202).json({});
  });

  router.post('/people/:id/read', (request: WithId, response) => {
    const posts = clientOf(request).read(parse(chat, request.body).phoneNumberId);
    simulation.tasks.own(posts);
    response.status(202).json({});
  });

  return router;
}
