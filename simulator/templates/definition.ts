import { z } from 'zod';

import { text } from '../graph/body/parts.ts';

const button = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('QUICK_REPLY'), text: text(25) }),
  z.looseObject({ type: z.literal('URL'), text: text(25), url: text(2000) }),
  z.looseObject({ type: z.literal('PHONE_NUMBER'), text: text(25), phone_number: text(20) }),
  z.looseObject({ type: z.literal('COPY_CODE'), example: z.union([z.string(), z.array(z.string())]) }),
  z.looseObject({ type: z.enum(['FLOW', 'CATALOG', 'MPM', 'OTP', 'VOICE_CALL']) }),
]);
const MOST: Record<string, number> = { URL: 2, PHONE_NUMBER: 1, COPY_CODE: 1 };

const component = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('HEADER'),
    format: z.enum(['TEXT', 'IMAGE', 'VIDEO', 'DOCUMENT', 'LOCATION', 'GIF']),
    text: text(60).optional(),
  }),
  z.looseObject({ type: z.literal('BODY'), text: text(1024).optional() }),
  z.looseObject({ type: z.literal('FOOTER'), text: text(60).optional() }),
  z.looseObject({
    type: z.literal('BUTTONS'),
    buttons: z
      .array(button)
      .min(1)
      .max(10)
      .refine(
        (all) =>
          Object.entries(MOST).every(([type, most]) => all.filter((one) => one.type === type).length <= most),
        'too many buttons of one type',
      ),
  }),
  z.looseObject({ type: z.literal('CAROUSEL'), cards: z.array(z.looseObject({})).min(2).max(10) }),
  z.looseObject({ type: z.literal('LIMITED_TIME_OFFER') }),
]);

const components = z
  .array(component)
  .min(1)
  .refine((all) => all.filter(({ type }) => type === 'BODY').length === 1, 'a template has one body')
  .refine((all) => new Set(all.map(({ type }) => type)).size === all.length, 'each component only once');

const category = z.enum(['MARKETING', 'UTILITY', 'AUTHENTICATION']);
const parameterFormat = z.enum(['POSITIONAL', 'NAMED']);

/** What creates a template (Cloud API: templates, components). */
export const templateInput = z.looseObject({
  name: z
    .string()
    .max(512)
    .regex(/^[a-z0-9_]+$/, 'a name has lowercase letters, digits and underscores'),
  language: z.string().min(2),
  category,
  parameter_format: parameterFormat.default('POSITIONAL'),
  components,
});

/** What an edit may change. */
export const templateChange = z.looseObject({
  category: category.optional(),
  components: components.optional(),
});

export type TemplateInput = z.infer<typeof templateInput>;
export type TemplateComponents = z.infer<typeof components>;

const VARIABLE = /\{\{\s*(\w+)\s*\}\}/g;

/** The variables of a component's text: `1`, `2`, … or names. */
export function variablesOf(all: TemplateComponents, type: 'HEADER' | 'BODY'): string[] {
  const found = all.find((one) => one.type === type);
  const words = found !== undefined && 'text' in found && typeof found.text === 'string' ? found.text : '';
  return [...new Set([...words.matchAll(VARIABLE)].map((match) => match[1] ?? ''))];
}
