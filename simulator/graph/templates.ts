import type { Request } from 'express';
import { Router } from 'express';
import type { z } from 'zod';

import type { Person } from '../people/people.ts';
import type { BusinessNumber } from '../settings.ts';
import type { Simulation } from '../simulation.ts';
import { templateChange, templateInput, variablesOf } from '../templates/definition.ts';
import { checkForm, type Filled } from '../templates/filled.ts';
import { review } from '../templates/review.ts';
import type { Template } from '../templates/templates.ts';
import { authorizeAccount, unknownObject } from './authorize.ts';
import { GraphError } from './errors.ts';

type WithId = Request<{ id: string }>;

export const templateView = (template: Template): Record<string, unknown> => {
  const { id, name, language, status, category, components, parameterFormat, reason, quality } = template;
  return {
    ...{ name, parameter_format: parameterFormat, components, language, status, category, id },
    quality_score: { score: quality },
    ...(status === 'REJECTED' ? { rejected_reason: reason } : {}),
  };
};

/** @throws GraphError 100 that names the part */
function check<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new GraphError(100, {
    details: `${issue?.path.join('.') ?? 'body'}: ${issue?.message ?? 'not valid'}`,
  });
}

/** `/{waba}/message_templates` and `/{template-id}`: create, list, edit, delete; a review follows (Cloud API: templates). */
export function templateRoutes(simulation: Simulation): Router {
  const { templates, numbers } = simulation;
  const router = Router();

  router.post('/:id/message_templates', (request: WithId, response) => {
    authorizeAccount(request, numbers, request.params.id);
    const template = templates.create(request.params.id, check(templateInput, request.body));
    if (template === undefined) {
      throw new GraphError(100, { details: 'There is already content of this name in this language.' });
    }
    const { id, status, category } = template;
    response.once('finish', () => review(simulation, template));
    response.json({ id, status, category });
  });

  router.get('/:id/message_templates', (request: WithId, response) => {
    authorizeAccount(request, numbers, request.params.id);
    const { name, status } = request.query;
    const found = templates
      .of(request.params.id)
      .filter(
        (one) => (name === undefined || one.name === name) && (status === undefined || one.status === status),
      );
    response.json({ data: found.map(templateView), paging: { cursors: { before: '', after: '' } } });
  });

  router.delete('/:id/message_templates', (request: WithId, response) => {
    authorizeAccount(request, numbers, request.params.id);
    const { name, hsm_id: id } = request.query;
    const named = typeof name === 'string' ? name : '';
    const gone = templates.delete(request.params.id, named, typeof id === 'string' ? id : undefined);
    if (gone.length === 0) throw new GraphError(100, { details: 'This template does not exist.' });
    response.json({ success: true });
  });

  router.get('/:id', (request: WithId, response, next) => {
    const template = templates.get(request.params.id);
    if (template === undefined) return next();
    authorizeAccount(request, numbers, template.wabaId);
    response.json(templateView(template));
  });

  router.post('/:id', (request: WithId, response) => {
    const template = templates.get(request.params.id);
    if (template === undefined) throw unknownObject(request.params.id);
    authorizeAccount(request, numbers, template.wabaId);
    const { category, components } = check(templateChange, request.body);
    if (category !== undefined) template.category = category;
    if (components !== undefined) template.components = components;
    template.status = 'PENDING';
    response.once('finish', () => review(simulation, template));
    response.json({ success: true });
  });
  return router;
}

const REFUSED: Partial<Record<Template['status'], number>> = {
  PENDING: 132001,
  REJECTED: 132001,
  PAUSED: 132015,
  DISABLED: 132016,
};

/**
 * Checks a send of a template. An account without templates of its own may send any name, unless the settings say otherwise.
 * @throws GraphError 132001, 132015, 132016 for one that may not be sent, 132000 for another number of parameters, and those of `checkForm`; 131050 when the person stopped marketing
 */
export function checkTemplate(
  { templates, settings }: Simulation,
  { wabaId, phoneNumberId }: BusinessNumber,
  filled: Filled,
  person: Person | null,
): void {
  const template = templates.find(wabaId, filled.name, filled.language.code);
  if (template === undefined) {
    const named = templates.of(wabaId).some(({ name }) => name === filled.name);
    if (!named && settings.templates === 'any') return;
    const details = `template name (${filled.name}) does not exist in ${filled.language.code}`;
    throw new GraphError(132001, { details });
  }
  const code = REFUSED[template.status];
  if (code !== undefined) throw new GraphError(code);
  for (const type of ['HEADER', 'BODY'] as const) {
    const expected = variablesOf(template.components, type).length;
    const component = filled.components?.find((one) => one.type === type.toLowerCase());
    const format = template.components.find((one) => one.type === type);
    if (type === 'HEADER' && format !== undefined && 'format' in format && format.format !== 'TEXT') continue;
    const given = component?.parameters?.length ?? 0;
    if (given !== expected) {
      const details = `${type.toLowerCase()}: number of localizable_params (${given}) does not match the expected number of params (${expected})`;
      throw new GraphError(132000, { details });
    }
  }
  checkForm(template, filled);
  if (template.category === 'MARKETING' && person !== null && templates.wantsNone(person.id, phoneNumberId)) {
    throw new GraphError(131050);
  }
}
