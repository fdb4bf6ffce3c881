/**
 * What may be submitted as a template (Cloud API: templates, components), checked before WhatsApp sees it. Variables
 * are numbered from 1 without a gap, or named; each has an example; a text begins and ends with words, not with one.
 */
import { z } from 'zod';

import { textOf } from '../limits.ts';
import { variablesOf } from './shape.ts';

const TEMPLATE_CATEGORIES = ['MARKETING', 'UTILITY', 'AUTHENTICATION'] as const;

/** Buttons of one type in a template (Cloud API: templates, buttons). */
const MOST: Record<string, number> = {
  URL: 2,
  PHONE_NUMBER: 1,
  COPY_CODE: 1,
  FLOW: 1,
  OTP: 1,
  CATALOG: 1,
  MPM: 1,
  VOICE_CALL: 1,
};
const BUTTONS_MAX = 10;

const withoutVariables = (min: number, max: number) =>
  textOf(min, max).refine((words) => variablesOf(words).length === 0, { error: 'may have no variables' });
const buttonText = withoutVariables(1, 25);
const handle = z.strictObject({ header_handle: z.array(textOf(1, 2_000)).length(1) });

const named = z.array(z.strictObject({ param_name: textOf(1, 100), example: textOf(1, 1_024) })).min(1);

const header = z.union([
  z.strictObject({
    type: z.literal('HEADER'),
    format: z.literal('TEXT'),
    text: textOf(1, 60).refine((words) => variablesOf(words).length <= 1, { error: 'may have one variable' }),
    example: z
      .strictObject({
        header_text: z.array(textOf(1, 60)).length(1).optional(),
        header_text_named_params: named.optional(),
      })
      .optional(),
  }),
  z.strictObject({
    type: z.literal('HEADER'),
    format: z.enum(['IMAGE', 'VIDEO', 'DOCUMENT', 'GIF']),
    example: handle,
  }),
  z.strictObject({ type: z.literal('HEADER'), format: z.literal('LOCATION') }),
]);

function bodyOf(most: number) {
  return z.strictObject({
    type: z.literal('BODY'),
    text: textOf(1, most),
    example: z
      .strictObject({
        body_text: z
          .array(z.array(textOf(1, 1_024)).min(1))
          .length(1)
          .optional(),
        body_text_named_params: named.optional(),
      })
      .optional(),
  });
}
const body = bodyOf(1_024);
const footer = z.strictObject({ type: z.literal('FOOTER'), text: withoutVariables(1, 60) });

const urlButton = z
  .strictObject({
    type: z.literal('URL'),
    text: buttonText,
    url: textOf(1, 2_000).refine((url) => /^https?:\/\/[^\s{]+(\{\{1\}\})?$/.test(url), {
      error: 'must be an http or https address; a variable {{1}} may stand at its end only',
    }),
    example: z.array(textOf(1, 2_000)).length(1).optional(),
  })
  .refine(({ url, example }) => variablesOf(url).length === 0 || example !== undefined, {
    path: ['example'],
    error: 'is needed: the address has a variable',
  });
const cardButton = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('QUICK_REPLY'), text: buttonText }),
  urlButton,
  z.strictObject({
    type: z.literal('PHONE_NUMBER'),
    text: buttonText,
    phone_number: z.string().regex(/^\+?[0-9]{5,20}$/, 'must be a phone number with its country code'),
  }),
]);
const copyCode = z.strictObject({
  type: z.literal('COPY_CODE'),
  example: z.union([textOf(1, 20), z.array(textOf(1, 20)).length(1)]),
});
const otp = z.strictObject({
  type: z.literal('OTP'),
  otp_type: z.enum(['COPY_CODE', 'ONE_TAP', 'ZERO_TAP']),
  text: buttonText.optional(),
  autofill_text: buttonText.optional(),
  zero_tap_terms_accepted: z.boolean().optional(),
  supported_apps: z
    .array(z.strictObject({ package_name: textOf(1, 224), signature_hash: textOf(11, 11) }))
    .min(1)
    .max(5)
    .optional(),
});
const button = z.discriminatedUnion('type', [
  ...cardButton.options,
  copyCode,
  otp,
  z.strictObject({
    type: z.literal('FLOW'),
    text: buttonText,
    flow_id: textOf(1, 100).optional(),
    flow_name: textOf(1, 200).optional(),
    flow_json: textOf(1, 200_000).optional(),
    flow_action: z.enum(['navigate', 'data_exchange']).optional(),
    navigate_screen: textOf(1, 200).optional(),
  }),
  z.strictObject({ type: z.literal('CATALOG'), text: buttonText }),
  z.strictObject({ type: z.literal('MPM'), text: buttonText }),
  z.strictObject({ type: z.literal('VOICE_CALL'), text: buttonText }),
]);

const buttons = z.strictObject({
  type: z.literal('BUTTONS'),
  buttons: z
    .array(button)
    .min(1)
    .max(BUTTONS_MAX)
    .superRefine((all, check) => {
      for (const [type, most] of Object.entries(MOST)) {
        if (all.filter((one) => one.type === type).length <= most) continue;
        check.addIssue({ code: 'custom', message: `may have at most ${most} of ${type}` });
      }
      const isQuick = all.map(({ type }) => type === 'QUICK_REPLY');
      const changes = isQuick.filter((quick, index) => index > 0 && quick !== isQuick[index - 1]).length;
      if (changes > 1) {
        check.addIssue({
          code: 'custom',
          message: 'quick replies must stand together, before or after the others',
        });
      }
    }),
});

const card = z.strictObject({
  components: z
    .array(
      z.union([
        z.strictObject({ type: z.literal('HEADER'), format: z.enum(['IMAGE', 'VIDEO']), example: handle }),
        bodyOf(160),
        z.strictObject({ type: z.literal('BUTTONS'), buttons: z.array(cardButton).min(1).max(2) }),
      ]),
    )
    .min(2)
    .max(3)
    .refine((all) => all.some(({ type }) => type === 'HEADER'), {
      error: 'each card needs a picture or a video',
    })
    .refine((all) => new Set(all.map(({ type }) => type)).size === all.length, {
      error: 'each component once',
    }),
});
/** All cards look alike: the same components, one kind of header, the same kinds of buttons. */
const look = ({ components }: z.infer<typeof card>): string =>
  JSON.stringify(
    components.map((one) =>
      one.type === 'HEADER'
        ? one.format
        : one.type === 'BUTTONS'
          ? one.buttons.map(({ type }) => type)
          : one.type,
    ),
  );
const carousel = z.strictObject({
  type: z.literal('CAROUSEL'),
  cards: z
    .array(card)
    .min(2)
    .max(10)
    .refine((cards) => new Set(cards.map(look)).size === 1, {
      error: 'all cards must have the same components: kind of header, body, kinds of buttons',
    }),
});
const offer = z.strictObject({
  type: z.literal('LIMITED_TIME_OFFER'),
  limited_time_offer: z.strictObject({ text: textOf(1, 16), has_expiration: z.boolean().optional() }),
});
const codeBody = z.strictObject({
  type: z.literal('BODY'),
  add_security_recommendation: z.boolean().optional(),
});
const codeFooter = z.strictObject({
  type: z.literal('FOOTER'),
  code_expiration_minutes: z.number().int().min(1).max(90),
});

const component = z.union([header, body, codeBody, footer, codeFooter, buttons, carousel, offer], {
  error: 'is no component that WhatsApp knows, or one of its fields is wrong or missing',
});
type Component = z.infer<typeof component>;

const components = z
  .array(component)
  .min(1)
  .max(6)
  .refine((all) => all.filter(({ type }) => type === 'BODY').length === 1, {
    error: 'a template has one body',
  })
  .refine((all) => new Set(all.map(({ type }) => type)).size === all.length, {
    error: 'each component only once',
  });

/** Seconds for which WhatsApp tries to deliver (Cloud API: time-to-live); -1: 30 days. */
const TTL: Record<(typeof TEMPLATE_CATEGORIES)[number], [number, number]> = {
  AUTHENTICATION: [30, 900],
  UTILITY: [30, 43_200],
  MARKETING: [43_200, 2_592_000],
};

const fields = {
  category: z.enum(TEMPLATE_CATEGORIES),
  components,
  message_send_ttl_seconds: z.number().int().optional(),
};
const format = z.enum(['POSITIONAL', 'NAMED']).default('POSITIONAL');

/** A definition without its name; `path` of issues is within it. */
interface Checked {
  category?: (typeof TEMPLATE_CATEGORIES)[number] | undefined;
  components?: Component[] | undefined;
  parameter_format: 'POSITIONAL' | 'NAMED';
  message_send_ttl_seconds?: number | undefined;
}

/** What a creation says besides the account: a body of the Graph API. */
export const newTemplate = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9_]{1,512}$/, 'must have 1 to 512 lower case letters, digits and underscores'),
  language: z.string().regex(/^[a-z]{2,3}(_[A-Z]{2})?$/, 'must be a language code, like he or en_US'),
  parameter_format: format,
  ...fields,
});
export type NewTemplate = z.infer<typeof newTemplate>;

/** What an edit may say. */
export const templateChange = z.strictObject({
  category: fields.category.optional(),
  components: components.optional(),
  message_send_ttl_seconds: fields.message_send_ttl_seconds,
});
export type TemplateChange = z.infer<typeof templateChange>;

export interface DefinitionFault {
  path: string;
  message: string;
}

/** What the form alone does not tell: variables and their examples, and what belongs to a category. */
export function definitionFaults({
  category,
  components: all = [],
  parameter_format: parameterFormat,
  message_send_ttl_seconds: ttl,
}: Checked): DefinitionFault[] {
  const range = category && TTL[category];
  const [least = -1, most = -1] = range ?? [];
  return [
    ...(ttl === undefined || ttl === -1 || !range || (ttl >= least && ttl <= most)
      ? []
      : [
          { path: 'message_send_ttl_seconds', message: `must be ${least} to ${most} for ${category}, or -1` },
        ]),
    ...all.flatMap((one, index) => componentFaults(one, `components.${index}`, parameterFormat)),
    ...(category === undefined || all.length === 0 ? [] : categoryFaults(category, all)),
  ];
}

function categoryFaults(category: string, all: Component[]): DefinitionFault[] {
  const isCode = (one: Component) =>
    (one.type === 'BODY' && !('text' in one)) || (one.type === 'FOOTER' && !('text' in one));
  if (category !== 'AUTHENTICATION') {
    return all.flatMap((one, index) =>
      isCode(one)
        ? [
            {
              path: `components.${index}.text`,
              message: 'is missing; only authentication templates have words of WhatsApp',
            },
          ]
        : [],
    );
  }
  const isAllowed = (one: Component) =>
    isCode(one) || (one.type === 'BUTTONS' && one.buttons.every(({ type }) => type === 'OTP'));
  return all.flatMap((one, index) =>
    isAllowed(one)
      ? []
      : [
          {
            path: `components.${index}`,
            message:
              'does not belong in an authentication template: its words are WhatsApp’s, its button is OTP',
          },
        ],
  );
}

function componentFaults(one: Component, path: string, parameterFormat: string): DefinitionFault[] {
  if (one.type === 'CAROUSEL') {
    return one.cards.flatMap((oneCard, index) =>
      oneCard.components.flatMap((inner, place) =>
        inner.type === 'BODY'
          ? wordFaults(inner, `${path}.cards.${index}.components.${place}`, parameterFormat)
          : [],
      ),
    );
  }
  const hasWords = (one.type === 'BODY' || one.type === 'HEADER') && 'text' in one;
  return hasWords ? wordFaults(one, path, parameterFormat) : [];
}

interface WithWords {
  type: 'BODY' | 'HEADER';
  text: string;
  example?:
    | {
        header_text?: string[] | undefined;
        header_text_named_params?: { param_name: string }[] | undefined;
        body_text?: string[][] | undefined;
        body_text_named_params?: { param_name: string }[] | undefined;
      }
    | undefined;
}

function wordFaults(
  { type, text, example = {} }: WithWords,
  path: string,
  parameterFormat: string,
): DefinitionFault[] {
  const at = (message: string, field = 'text') => [{ path: `${path}.${field}`, message }];
  const variables = variablesOf(text);
  if (/\{\{[^{}]*\}\}/.test(text.replaceAll(/\{\{\s*\w+\s*\}\}/g, ''))) {
    return at('has a variable that is neither a number nor a name of letters, digits and _');
  }
  if (variables.length === 0) return [];
  const faults = parameterFormat === 'NAMED' ? namedFaults(variables) : positionFaults(variables);
  if (faults !== undefined) return at(faults);
  if (type === 'BODY' && /^\s*\{\{\s*\w+\s*\}\}|\{\{\s*\w+\s*\}\}\s*$/.test(text)) {
    return at('may not begin or end with a variable');
  }
  const words = text
    .replaceAll(/\{\{\s*\w+\s*\}\}/g, ' ')
    .trim()
    .split(/\s+/).length;
  if (type === 'BODY' && words < 2 * variables.length + 1) {
    return at(
      `has too many variables for its length: ${variables.length} need at least ${2 * variables.length + 1} words`,
    );
  }
  return exampleFaults(variables, { type, text, example }, parameterFormat)
    ? at(`must have an example of each variable: ${variables.join(', ')}`, 'example')
    : [];
}

function positionFaults(variables: string[]): string | undefined {
  const isRow = variables.every((_name, index) => variables.includes(String(index + 1)));
  return isRow
    ? undefined
    : 'must have variables {{1}}, {{2}}, … without a gap; for names set parameter_format to NAMED';
}

function namedFaults(variables: string[]): string | undefined {
  const isNamed = variables.every((name) => /^[a-z][a-z0-9_]*$/.test(name));
  return isNamed
    ? undefined
    : 'must have variables with names of lower case letters, digits and _; numbers are POSITIONAL';
}

function exampleFaults(
  variables: string[],
  { type, example = {} }: WithWords,
  parameterFormat: string,
): boolean {
  if (parameterFormat === 'NAMED') {
    const given = type === 'BODY' ? example.body_text_named_params : example.header_text_named_params;
    return !variables.every((name) => given?.some((one) => one.param_name === name));
  }
  const given = type === 'BODY' ? example.body_text?.[0] : example.header_text;
  return given?.length !== variables.length;
}
