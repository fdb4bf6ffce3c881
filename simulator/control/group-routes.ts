import type { Request } from 'express';
import { Router } from 'express';
import { z } from 'zod';

import type { Client } from '../client.ts';
import type { Group } from '../people/groups.ts';
import type { Simulation } from '../simulation.ts';
import type { GroupHandle, Simulator } from '../simulator.ts';
import { groupHandle } from '../simulator.ts';
import { NotFound, parse } from './errors.ts';

const newGroup = z.strictObject({
  phoneNumberId: z.string(),
  subject: z.string().min(1).max(128),
  memberIds: z.array(z.string()).min(1).max(8),
});
const member = z.strictObject({ personId: z.string() });
const writing = member.extend({
  message: z.union([z.string().min(1), z.looseObject({ type: z.string() })]),
});

type WithId = Request<{ id: string }>;

const groupView = ({ id, phoneNumberId, subject, members, pinned }: Group) => ({
  id,
  phoneNumberId,
  subject,
  memberIds: members.map((one) => one.id),
  pinned,
});

/** Groups of the businesses: `/groups`, `/groups/:id/messages`, `/groups/:id/leave`. */
export function groupRoutes(simulation: Simulation, simulator: Simulator): Router {
  const { groups } = simulation;
  const router = Router();
  const groupOf = (request: WithId): GroupHandle => {
    const group = groups.get(request.params.id);
    if (group === undefined) throw new NotFound('No group has this id; GET /control/groups lists them.');
    return groupHandle(simulation, group);
  };
  const clientOf = (personId: string): Client => {
    const client = simulator.clientById(personId);
    if (client === undefined) throw new NotFound(`No person has the id ${personId}.`);
    return client;
  };

  router.get('/groups', (_request, response) => {
    response.json({ items: groups.list().map(groupView) });
  });

  router.post('/groups', (request, response) => {
    const { memberIds, ...of } = parse(newGroup, request.body);
    const { id } = simulator.group({ ...of, members: memberIds.map(clientOf) });
    response.status(201).json(groupView(groups.get(id) as Group));
  });

  router.post('/groups/:id/messages', (request: WithId, response) => {
    const { personId, message } = parse(writing, request.body);
    const { wamid, record } = groupOf(request).write(clientOf(personId), message);
    response.status(202).json({ wamid, deliveryId: record.id });
  });

  router.post('/groups/:id/leave', (request: WithId, response) => {
    groupOf(request).leave(clientOf(parse(member, request.body).personId));
    response.status(202).json({});
  });

  return router;
}
