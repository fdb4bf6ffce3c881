/** Reads payloads of which nothing is promised: any key may be missing or of another shape. */
export type Fields = Record<string, unknown>;

/** A text that is not empty. */
export function string(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** A finite number, also one written as a text. */
export function number(value: unknown): number | null {
  const given = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof given === 'number' && Number.isFinite(given) ? given : null;
}

/** A text, or a number as one. */
export function word(value: unknown): string | null {
  return typeof value === 'number' ? String(value) : string(value);
}

export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
