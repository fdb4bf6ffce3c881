/** Whether what fills a template fits its definition, told before WhatsApp would (132000, 132005, 132012, 132018). */
import { entryOf } from '../payload/json.ts';
import type { TemplateBody, TemplateComponent, TemplateParameter } from '../send/template.ts';
import type { ButtonShape, PartShape, TemplateShape, Words } from './shape.ts';
import { filledIn } from './shape.ts';

export interface Fault {
  /** Within the template's payload: `components.0.parameters.1`. */
  path: string;
  message: string;
}

/** Longest header and body with everything filled in (132005). */
const HEADER_MAX = 60;
const BODY_MAX = 1_024;
const URL_MAX = 2_000;

/** Everything that does not fit; none: WhatsApp should take it. */
export function faultsOf(shape: TemplateShape, template: TemplateBody): Fault[] {
  const given = (template.components ?? []).map((component, index) => ({
    component,
    path: `components.${index}`,
  }));
  const carousel = given.find(({ component }) => component.type === 'carousel');
  return [
    ...unknownParts(shape, given),
    ...partFaults(shape, given, { named: shape.named, authentication: shape.authentication }),
    ...offerFaults(shape, given),
    ...carouselFaults(shape, carousel),
  ];
}

interface Given {
  component: TemplateComponent;
  path: string;
}

const of = (given: Given[], type: string) => given.filter(({ component }) => component.type === type);

function unknownParts(shape: TemplateShape, given: Given[]): Fault[] {
  const known: Record<string, boolean> = {
    header: shape.header !== undefined,
    carousel: shape.cards.length > 0,
    limited_time_offer: shape.offer !== undefined,
  };
  const single = ['header', 'body', 'carousel', 'limited_time_offer'];
  return [
    ...given
      .filter(({ component }) => known[component.type] === false)
      .map(({ component, path }) => ({ path, message: `the template has no ${component.type}` })),
    ...single.flatMap((type) =>
      of(given, type)
        .slice(1)
        .map(({ path }) => ({ path, message: `there is another ${type} before it` })),
    ),
  ];
}

interface Kind {
  named: boolean;
  authentication: boolean;
}

function partFaults(shape: PartShape, given: Given[], kind: Kind): Fault[] {
  const [header] = of(given, 'header');
  const [body] = of(given, 'body');
  const faults: Fault[] = [];
  if (shape.header?.format === 'TEXT') {
    faults.push(...wordFaults(shape.header, header, { ...kind, place: 'header', most: HEADER_MAX }));
  } else if (shape.header) {
    faults.push(...mediaFaults(shape.header.format, header));
  }
  // The words of an authentication template are Meta's own; its one parameter is the code.
  const words =
    kind.authentication && shape.body.variables.length === 0
      ? { text: '{{1}}', variables: ['1'] }
      : shape.body;
  faults.push(...wordFaults(words, body, { ...kind, place: 'body', most: BODY_MAX }));
  return [...faults, ...buttonFaults(shape.buttons, of(given, 'button'))];
}

const TEXTUAL = ['text', 'currency', 'date_time'];

/** What a parameter puts in its variable's place. */
export function valueOf(parameter: TemplateParameter): string | undefined {
  switch (parameter.type) {
    case 'text':
      return parameter.text;
    case 'currency':
      return parameter.currency.fallback_value;
    case 'date_time':
      return parameter.date_time.fallback_value;
    default:
      return undefined;
  }
}

/** The value of each variable: by name, or by place. */
export function valuesOf(words: Words, parameters: TemplateParameter[], named: boolean): Map<string, string> {
  const values = new Map<string, string>();
  for (const [index, parameter] of parameters.entries()) {
    const value = valueOf(parameter);
    const name = named
      ? 'parameter_name' in parameter
        ? parameter.parameter_name
        : undefined
      : words.variables[index];
    if (name !== undefined && value !== undefined) values.set(name, value);
  }
  return values;
}

function wordFaults(
  words: Words,
  given: Given | undefined,
  { named, place, most }: { named: boolean; place: string; most: number },
): Fault[] {
  const parameters = parametersOf(given);
  const path = given ? `${given.path}.parameters` : 'components';
  const odd = parameters.flatMap((parameter, index) =>
    TEXTUAL.includes(parameter.type)
      ? []
      : [
          {
            path: `${path}.${index}`,
            message: `must be text, a currency or a date: the ${place} holds words`,
          },
        ],
  );
  if (odd.length > 0) return odd;
  if (named) {
    const faults = namedFaults(words, parameters, { path, place });
    if (faults.length > 0) return faults;
  } else {
    const misnamed = parameters.flatMap((parameter, index) =>
      'parameter_name' in parameter && parameter.parameter_name !== undefined
        ? [
            {
              path: `${path}.${index}.parameter_name`,
              message: 'must be left out: the variables of this template have no names',
            },
          ]
        : [],
    );
    if (misnamed.length > 0) return misnamed;
    if (parameters.length !== words.variables.length) {
      const wanted = words.variables.length;
      const what =
        wanted === 0 ? 'takes no parameters' : `takes ${wanted} ${wanted === 1 ? 'parameter' : 'parameters'}`;
      return [{ path, message: `the ${place} ${what}, not ${parameters.length}` }];
    }
  }
  const values = valuesOf(words, parameters, named);
  const length = Array.from(filledIn(words.text, (name) => values.get(name))).length;
  return length > most
    ? [{ path, message: `the ${place} may have ${most} characters; filled in it has ${length}` }]
    : [];
}

function namedFaults(
  words: Words,
  parameters: TemplateParameter[],
  { path, place }: { path: string; place: string },
): Fault[] {
  const seen = new Set<string>();
  const faults = parameters.flatMap((parameter, index) => {
    const name = 'parameter_name' in parameter ? parameter.parameter_name : undefined;
    const at = `${path}.${index}.parameter_name`;
    if (name === undefined) {
      return [
        { path: at, message: `is missing; the ${place} has ${words.variables.join(', ') || 'no variables'}` },
      ];
    }
    if (!words.variables.includes(name)) {
      return [{ path: at, message: `the ${place} has no variable ${name}` }];
    }
    if (seen.has(name)) return [{ path: at, message: `${name} was given before` }];
    seen.add(name);
    return [];
  });
  const missing = words.variables.filter((name) => !seen.has(name));
  return faults.length > 0 || missing.length === 0
    ? faults
    : [{ path, message: `the ${place} also needs ${missing.join(', ')}` }];
}

function mediaFaults(format: string, given: Given | undefined): Fault[] {
  const parameters = parametersOf(given);
  const path = given ? `${given.path}.parameters` : 'components';
  const wanted = format === 'GIF' ? 'video' : format.toLowerCase();
  const [first, ...others] = parameters;
  if (wanted === 'product') return [];
  if (!first) return [{ path, message: `the header needs a parameter of type ${wanted}` }];
  if (others.length > 0) return [{ path, message: `the header takes 1 parameter, not ${parameters.length}` }];
  return first.type === wanted
    ? []
    : [{ path: `${path}.0.type`, message: `must be ${wanted}, as the header of the template is` }];
}

/** `sub_type` that fills a button, and the parameter it takes. */
const SUB_TYPES: Record<string, { subType: string; parameter: string }> = {
  QUICK_REPLY: { subType: 'quick_reply', parameter: 'payload' },
  URL: { subType: 'url', parameter: 'text' },
  OTP: { subType: 'url', parameter: 'text' },
  COPY_CODE: { subType: 'copy_code', parameter: 'coupon_code' },
  FLOW: { subType: 'flow', parameter: 'action' },
  CATALOG: { subType: 'catalog', parameter: 'action' },
  MPM: { subType: 'mpm', parameter: 'action' },
};

/** Buttons that can't be sent without a parameter. */
const mustBeFilled = ({ type, hasVariable }: ButtonShape): boolean =>
  hasVariable || type === 'COPY_CODE' || type === 'OTP' || type === 'MPM';

function buttonFaults(buttons: ButtonShape[], given: Given[]): Fault[] {
  const filled = new Map<number, number>();
  const faults = given.flatMap(({ component, path }): Fault[] => {
    if (component.type !== 'button') return [];
    const index = Number(component.index);
    const button = buttons[index];
    if (!button) {
      return [{ path: `${path}.index`, message: `the template has no button ${index} (they count from 0)` }];
    }
    if (filled.has(index)) return [{ path: `${path}.index`, message: `button ${index} was filled before` }];
    filled.set(index, component.parameters.length);
    return oneButtonFaults(button, component, path);
  });
  const missing = buttons.flatMap((button, index) =>
    mustBeFilled(button) && !filled.has(index)
      ? [
          {
            path: 'components',
            message: `button ${index} (${button.text}) needs a parameter of type ${entryOf(SUB_TYPES, button.type)?.parameter ?? 'text'}`,
          },
        ]
      : [],
  );
  return [...faults, ...missing];
}

function oneButtonFaults(
  button: ButtonShape,
  { sub_type: subType, parameters }: TemplateComponent & { type: 'button' },
  path: string,
): Fault[] {
  const known = entryOf(SUB_TYPES, button.type);
  if (!known) {
    return ['PHONE_NUMBER', 'VOICE_CALL'].includes(button.type) && parameters.length > 0
      ? [{ path: `${path}.parameters`, message: `this button (${button.text}) takes no parameters` }]
      : [];
  }
  if (subType !== known.subType && !(button.type === 'OTP' && subType === 'copy_code')) {
    return [{ path: `${path}.sub_type`, message: `must be ${known.subType}: the button is ${button.type}` }];
  }
  if (button.type === 'URL' && !button.hasVariable && parameters.length > 0) {
    return [{ path: `${path}.parameters`, message: 'the address of this button has no variable' }];
  }
  const [first] = parameters;
  if (mustBeFilled(button) && !first) {
    return [{ path: `${path}.parameters`, message: `needs one parameter of type ${known.parameter}` }];
  }
  if (parameters.length > 1) return [{ path: `${path}.parameters`, message: 'takes one parameter' }];
  if (first && first.type !== known.parameter && !(button.type === 'OTP' && first.type === 'coupon_code')) {
    return [{ path: `${path}.parameters.0.type`, message: `must be ${known.parameter}` }];
  }
  const length = (button.url ?? '').length + (first?.type === 'text' ? first.text.length : 0);
  return button.url !== undefined && length > URL_MAX
    ? [{ path: `${path}.parameters.0.text`, message: `the address may have ${URL_MAX} characters` }]
    : [];
}

function offerFaults(shape: TemplateShape, given: Given[]): Fault[] {
  if (!shape.offer?.expires) return [];
  const [offer] = of(given, 'limited_time_offer');
  const [first] = parametersOf(offer);
  if (first?.type === 'limited_time_offer') return [];
  const path = offer ? `${offer.path}.parameters` : 'components';
  return [
    { path, message: 'the offer needs a parameter of type limited_time_offer with expiration_time_ms' },
  ];
}

function carouselFaults(shape: TemplateShape, given: Given | undefined): Fault[] {
  if (shape.cards.length === 0) return [];
  if (given?.component.type !== 'carousel') {
    return [{ path: 'components', message: `needs a carousel with ${shape.cards.length} cards` }];
  }
  const { cards } = given.component;
  const path = `${given.path}.cards`;
  if (cards.length !== shape.cards.length) {
    return [{ path, message: `the template has ${shape.cards.length} cards, not ${cards.length}` }];
  }
  const indexes = new Set(cards.map((card) => card.card_index));
  if (indexes.size !== cards.length) return [{ path, message: 'each card_index must stand once' }];
  return cards.flatMap((card, place) => {
    const cardShape = shape.cards[card.card_index];
    if (!cardShape) {
      return [{ path: `${path}.${place}.card_index`, message: `must be 0 to ${shape.cards.length - 1}` }];
    }
    const within = card.components.map((component, index) => ({
      component,
      path: `${path}.${place}.components.${index}`,
    }));
    return partFaults(cardShape, within, { named: shape.named, authentication: false });
  });
}

function parametersOf(given: Given | undefined): TemplateParameter[] {
  return given && 'parameters' in given.component ? given.component.parameters : [];
}
