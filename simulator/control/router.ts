import express, { Router } from 'express';

import { sampleGroups, sampleNames } from '../people/samples.ts';
import type { Simulation } from '../simulation.ts';
import type { Simulator } from '../simulator.ts';
import { answerControlError, NotFound } from './errors.ts';
import { serveEvents } from './feed.ts';
import { groupRoutes } from './group-routes.ts';
import { metaRoutes } from './meta-routes.ts';
import { peopleRoutes } from './people-routes.ts';
import { scriptRoutes } from './script-routes.ts';
import { deliveryView, sentView, stateView } from './views.ts';

/** The control API: for the phone page, for scripts in other processes, and by hand. JSON in, JSON out. */
export function controlRouter(simulation: Simulation, simulator: Simulator): Router {
  const router = Router();
  router.use(express.json({ limit: '8mb' }));

  router.get('/numbers', (_request, response) => {
    const items = simulation.settings.numbers.map(({ phoneNumberId, wabaId, displayNumber, name }) => ({
      phoneNumberId,
      wabaId,
      displayNumber,
      name,
    }));
    response.json({ items });
  });

  router.get('/samples', (_request, response) => {
    response.json({ items: sampleNames, groups: sampleGroups });
  });

  router.get('/state', (_request, response) => {
    response.json(stateView(simulation));
  });

  router.get('/sent', (_request, response) => {
    response.json({ items: simulation.sends.list.map(sentView) });
  });

  router.get('/deliveries', (_request, response) => {
    response.json({ items: simulation.deliveries.records.map(deliveryView) });
  });

  router.get('/events', (request, response) => {
    serveEvents(simulation, request, response);
  });

  router.use(peopleRoutes(simulation, simulator));
  router.use(groupRoutes(simulation, simulator));
  router.use(scriptRoutes(simulator));
  router.use(metaRoutes(simulation));
  router.use(() => {
    throw new NotFound('The control API has no such path.');
  });
  router.use(answerControlError);
  return router;
}
