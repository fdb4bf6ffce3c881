import { Router } from 'express';
import { z } from 'zod';

import { errorCodes } from '../graph/errors.ts';
import { templateView } from '../graph/templates.ts';
import type { Simulation } from '../simulation.ts';
import { decide, judge, recategorise } from '../templates/review.ts';
import type { Template } from '../templates/templates.ts';
import { fieldNames } from '../webhooks/field-samples.ts';
import { NotFound, parse } from './errors.ts';

const decision = z.strictObject({
  status: z.enum(['PENDING', 'APPROVED', 'REJECTED', 'PAUSED', 'DISABLED']),
  reason: z.string().optional(),
});
const quality = z.strictObject({ quality: z.enum(['GREEN', 'YELLOW', 'RED', 'UNKNOWN']) });
const category = z.strictObject({
  category: z.enum(['MARKETING', 'UTILITY', 'AUTHENTICATION']),
  /** Only announced: it comes a day later. */
  announced: z.boolean().default(false),
});
const ending = z.strictObject({ id: z.string().optional() });

/** What Meta itself has and does: files, templates, other fields, codes: `/media/:id`, `/media/expire`, `/templates`, `/fields`, `/codes`. */
export function metaRoutes(simulation: Simulation): Router {
  const { media, templates, tasks } = simulation;
  const router = Router();

  router.get('/media/:id', (request, response) => {
    const file = media.get(request.params.id);
    if (file === undefined) throw new NotFound('No file has this id, or its days are over.');
    response.type(file.mimeType).send(file.bytes);
  });

  router.post('/media/expire', (request, response) => {
    const { id } = parse(ending, request.body);
    if (id === undefined) media.expireLinks();
    else media.expire(id);
    response.json({});
  });

  router.get('/templates', (_request, response) => {
    response.json({ items: templates.list().map(templateView) });
  });

  const templateOf = (id: string): Template => {
    const template = templates.get(id);
    if (template !== undefined) return template;
    throw new NotFound('No template has this id; GET /control/templates lists them.');
  };

  router.post('/templates/:id/quality', (request, response) => {
    const template = templateOf(request.params.id);
    tasks.own(judge(simulation, template, parse(quality, request.body).quality).posted);
    response.json(templateView(template));
  });

  router.post('/templates/:id/category', (request, response) => {
    const template = templateOf(request.params.id);
    const { category: next, announced } = parse(category, request.body);
    tasks.own(recategorise(simulation, template, next, announced).posted);
    response.json(templateView(template));
  });

  router.post('/templates/:id', (request, response) => {
    const template = templateOf(request.params.id);
    const { status, reason } = parse(decision, request.body);
    tasks.own(decide(simulation, template, status, reason).posted);
    response.json(templateView(template));
  });

  router.get('/fields', (_request, response) => {
    response.json({ items: fieldNames });
  });

  router.get('/codes', (_request, response) => {
    response.json({ items: errorCodes });
  });
  return router;
}
