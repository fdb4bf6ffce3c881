/**
 * The form of an item without what it says: names of fields, types and lengths. It is what an operator without a
 * grant may see of a dead letter; usually the form shows why it could not be handled.
 */

const MOST_LINES = 200;
const DEEPEST = 12;
/** Elements of a list that are shown; the rest is counted. */
const MOST_ELEMENTS = 3;

/** Names that WhatsApp gives to fields. Another name may be somebody's words, so only its length is told. */
const FIELD = /^[a-z][a-z_]{0,39}$/i;
/** Words of WhatsApp that say what kind of thing a message or a status is. */
const KINDS = new Set(
  (
    'audio button contacts document edit errors group hsm image interactive list_reply button_reply nfm_reply location ' +
    'order reaction request_welcome revoke sticker system template text unknown unsupported video call_permission_reply ' +
    'sent delivered read played failed deleted individual whatsapp'
  ).split(' '),
);

/** One line for each value, for example `message.text.body: text of 12`. */
export function shapeOf(value: unknown): string[] {
  const lines: string[] = [];
  walk(value, '', 0, lines);
  return lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES), '…: more'] : lines;
}

function walk(value: unknown, path: string, depth: number, lines: string[]): void {
  if (lines.length > MOST_LINES) return;
  if (typeof value !== 'object' || value === null) lines.push(`${path}: ${leaf(value, path)}`);
  else if (depth === DEEPEST) lines.push(`${path}: deeper`);
  else if (Array.isArray(value)) {
    lines.push(`${path}: list of ${value.length}`);
    value.slice(0, MOST_ELEMENTS).forEach((element, at) => walk(element, `${path}[${at}]`, depth + 1, lines));
  } else walkFields(value, path, depth, lines);
}

function walkFields(value: object, path: string, depth: number, lines: string[]): void {
  const fields = Object.entries(value);
  if (fields.length === 0) lines.push(`${path}: empty`);
  for (const [name, inner] of fields.slice(0, MOST_LINES)) {
    const shown = FIELD.test(name) ? name : `(name of ${name.length})`;
    walk(inner, path === '' ? shown : `${path}.${shown}`, depth + 1, lines);
  }
}

function leaf(value: unknown, path: string): string {
  if (value === null) return 'null';
  if (typeof value !== 'string') return typeof value;
  const isKind = /(^|\.)(type|status|recipient_type|messaging_product)$/.test(path) && KINDS.has(value);
  return isKind ? value : `text of ${value.length}`;
}
