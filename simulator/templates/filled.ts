import { GraphError } from '../graph/errors.ts';
import type { Template } from './templates.ts';

/** What fills a template, as the Graph API took it. */
export interface Filled {
  name: string;
  language: { code: string };
  components?: { type: string; index?: number | string; parameters?: Record<string, unknown>[] }[];
}

/** The template's words with everything filled in, as the phone shows them. */
export interface ShownTemplate {
  header: string | null;
  body: string;
  footer: string | null;
  /** `url`: of a link, with what fills it. */
  buttons: { type: string; text: string; url?: string }[];
}

const VARIABLE = /\{\{\s*(\w+)\s*\}\}/g;

const componentOf = (template: Template, type: string): Record<string, unknown> | undefined =>
  template.components.find((one) => one.type === type);

const words = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A parameter's words: text, or what stands for a currency or a date. */
function valueOf(parameter: Record<string, unknown>): string {
  const value = parameter[words(parameter['type'])];
  if (typeof value === 'string') return value;
  return typeof value === 'object' && value !== null ? words(Reflect.get(value, 'fallback_value')) : '';
}

function fill(template: Template, type: 'HEADER' | 'BODY', filled: Filled): string {
  const text = words(componentOf(template, type)?.['text']);
  const parameters = filled.components?.find((one) => one.type === type.toLowerCase())?.parameters ?? [];
  const order = [...new Set([...text.matchAll(VARIABLE)].map((match) => match[1] ?? ''))];
  return text.replaceAll(VARIABLE, (whole, name: string) => {
    const given =
      template.parameterFormat === 'NAMED'
        ? parameters.find((one) => one['parameter_name'] === name)
        : parameters[order.indexOf(name)];
    return given === undefined ? whole : valueOf(given);
  });
}

export function shownTemplate(template: Template, filled: Filled): ShownTemplate {
  const buttons = componentOf(template, 'BUTTONS')?.['buttons'];
  const header = fill(template, 'HEADER', filled);
  return {
    header: header === '' ? null : header,
    body: fill(template, 'BODY', filled),
    footer: words(componentOf(template, 'FOOTER')?.['text']) || null,
    buttons: Array.isArray(buttons)
      ? buttons.map((button: Record<string, unknown>, index) => shownButton(button, index, filled))
      : [],
  };
}

function shownButton(
  button: Record<string, unknown>,
  index: number,
  filled: Filled,
): ShownTemplate['buttons'][number] {
  const type = words(button['type']);
  const url = words(button['url']);
  const given = filled.components?.find((one) => one.type === 'button' && Number(one.index) === index);
  const [parameter] = given?.parameters ?? [];
  const suffix = parameter === undefined ? '' : valueOf(parameter);
  return {
    type,
    text: words(button['text']) || type,
    ...(url === '' ? {} : { url: url.replace(VARIABLE, () => suffix) }),
  };
}

/**
 * Checks the form of what fills a template, after its parameters were counted (Cloud API: error codes).
 * @throws GraphError 132012 for a header or a name of another kind, 132005 for words that grow too long, 131008 for a button without its parameter
 */
export function checkForm(template: Template, filled: Filled): void {
  const format = words(componentOf(template, 'HEADER')?.['format']).toLowerCase();
  const [header] = filled.components?.find(({ type }) => type === 'header')?.parameters ?? [];
  if (['image', 'video', 'document', 'location'].includes(format) && header?.['type'] !== format) {
    throw new GraphError(132012, { details: `header: Format mismatch, expected ${format.toUpperCase()}` });
  }
  if (template.parameterFormat === 'NAMED') checkNames(template, filled);
  if (shownTemplate(template, filled).body.length > 1_024) throw new GraphError(132005);
  const buttons = componentOf(template, 'BUTTONS')?.['buttons'];
  if (!Array.isArray(buttons)) return;
  for (const [index, button] of (buttons as Record<string, unknown>[]).entries()) {
    const needs = button['type'] === 'COPY_CODE' || /\{\{/.test(words(button['url']));
    const given = filled.components?.find((one) => one.type === 'button' && Number(one.index) === index);
    if (needs && (given?.parameters?.length ?? 0) === 0) {
      throw new GraphError(131008, { details: `Button at index ${index} requires a parameter` });
    }
  }
}

function checkNames(template: Template, filled: Filled): void {
  const text = words(componentOf(template, 'BODY')?.['text']);
  const given = filled.components?.find(({ type }) => type === 'body')?.parameters ?? [];
  for (const [, name = ''] of text.matchAll(VARIABLE)) {
    if (given.some((one) => one['parameter_name'] === name)) continue;
    throw new GraphError(132012, { details: `body: Parameter name is missing or empty: ${name}` });
  }
}
