import type { Express } from 'express';
import express from 'express';

import { numberRoutes } from './control/number-routes.ts';
import { phonePage } from './control/phone-page.ts';
import { controlRouter } from './control/router.ts';
import { attachments } from './graph/media.ts';
import { graphRouter } from './graph/router.ts';
import type { Receipts } from './receipts.ts';
import type { Simulation } from './simulation.ts';
import type { Simulator } from './simulator.ts';

/** Everything on the one port: `/control` for scripts, `/v25.0/…` as Graph, `/attachments/…` for files, and the phone page for people. */
export function makeApp(simulation: Simulation, receipts: Receipts, simulator: Simulator): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use('/control', numberRoutes(simulation));
  app.use('/control', controlRouter(simulation, simulator));
  app.get('/attachments/:token', attachments(simulation));
  app.use(/^\/v\d+\.\d+/, graphRouter(simulation, receipts));
  app.use(phonePage());
  return app;
}
