import type { Request, Response } from 'express';

import type { Simulation } from '../simulation.ts';

/** `GET /control/events`: each change as a server-sent event with ids only; the reader fetches what it shows. */
export function serveEvents({ events }: Simulation, request: Request, response: Response): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(': hello\n\n');
  const unsubscribe = events.subscribe((event) => {
    response.write(`event: change\ndata: ${JSON.stringify(event)}\n\n`);
  });
  request.once('close', unsubscribe);
}
