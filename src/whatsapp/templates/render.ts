/** A template as the client sees it: its definition's words with what fills them. */
import type { TemplateBody, TemplateComponent, TemplateParameter } from '../send/template.ts';
import { valuesOf } from './check.ts';
import { filledIn, type PartShape, type TemplateShape, type Words } from './shape.ts';

interface RenderedPart {
  /** Words, or what kind of file stands there. */
  header?: { format: string; text?: string; link?: string; filename?: string };
  body: string;
  footer?: string;
  buttons: { type: string; text: string; url?: string; payload?: string }[];
}

export interface Rendered extends RenderedPart {
  cards?: RenderedPart[];
  /** Of a limited-time offer. */
  offer?: { text: string; expiresAt?: string };
}

/** Variables that nothing fills stay as they are written, `{{1}}`. */
export function render(shape: TemplateShape, template: Pick<TemplateBody, 'components'>): Rendered {
  const components = template.components ?? [];
  const carousel = components.find((one) => one.type === 'carousel');
  const cards = carousel?.type === 'carousel' ? carousel.cards : [];
  const offer = components.find((one) => one.type === 'limited_time_offer');
  const [ends] = offer && 'parameters' in offer ? offer.parameters : [];
  const expires =
    ends?.type === 'limited_time_offer' ? ends.limited_time_offer.expiration_time_ms : undefined;
  return {
    ...renderPart(shape, components, shape),
    ...(shape.cards.length === 0
      ? {}
      : {
          cards: shape.cards.map((card, index) =>
            renderPart(card, cards.find((one) => one.card_index === index)?.components ?? [], {
              named: shape.named,
              authentication: false,
            }),
          ),
        }),
    ...(shape.offer === undefined
      ? {}
      : {
          offer: {
            text: shape.offer.text,
            ...(isTime(expires) ? { expiresAt: new Date(expires).toISOString() } : {}),
          },
        }),
  };
}

/** Within what a date holds. */
const isTime = (ms: number | undefined): ms is number => ms !== undefined && Math.abs(ms) < 8.64e15;

function renderPart(
  shape: PartShape,
  components: TemplateComponent[],
  { named, authentication }: { named: boolean; authentication: boolean },
): RenderedPart {
  const given = (type: 'header' | 'body') => {
    const found = components.find((one) => one.type === type);
    return found && 'parameters' in found ? found.parameters : [];
  };
  const words = authentication && shape.body.text === '' ? AUTHENTICATION : shape.body;
  return {
    ...(shape.header ? { header: headerOf(shape.header, given('header'), named) } : {}),
    body: fill(words, given('body'), named),
    ...(shape.footer === undefined ? {} : { footer: shape.footer }),
    buttons: shape.buttons.map((button, index) => {
      const filled = components.find((one) => one.type === 'button' && Number(one.index) === index);
      const [parameter] = filled && 'parameters' in filled ? filled.parameters : [];
      const suffix = parameter?.type === 'text' ? parameter.text : undefined;
      return {
        type: button.type,
        text: button.text,
        ...(button.url === undefined ? {} : { url: filledIn(button.url, () => suffix) }),
        ...(parameter?.type === 'payload' ? { payload: parameter.payload } : {}),
      };
    }),
  };
}

/** About as Meta words it, in English; the client sees their own language. */
const AUTHENTICATION: Words = { text: '{{1}} is your verification code.', variables: ['1'] };

function fill(words: Words, parameters: TemplateParameter[], named: boolean): string {
  const values = valuesOf(words, parameters, named);
  return filledIn(words.text, (name) => values.get(name));
}

function headerOf(
  header: NonNullable<PartShape['header']>,
  parameters: TemplateParameter[],
  named: boolean,
): NonNullable<RenderedPart['header']> {
  const { format } = header;
  if (format === 'TEXT') return { format, text: fill(header, parameters, named) };
  const [first] = parameters;
  if (first?.type === 'location') {
    const { name, address } = first.location;
    return { format, text: name ?? address ?? `${first.location.latitude}, ${first.location.longitude}` };
  }
  const file =
    first?.type === 'image'
      ? first.image
      : first?.type === 'video'
        ? first.video
        : first?.type === 'document'
          ? first.document
          : undefined;
  const filename =
    file && 'filename' in file && typeof file.filename === 'string' ? file.filename : undefined;
  return {
    format,
    ...(typeof file?.link === 'string' ? { link: file.link } : {}),
    ...(filename === undefined ? {} : { filename }),
  };
}
