/** Reading values that may be missing or of another type than documented: nothing here throws. */
export type Json = Record<string, unknown>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A string that is not empty; WhatsApp uses "" for "absent". */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

/** An object's own field that is an object; `{}` when it is not there. */
export function part(of: Json, name: string): Json {
  const value = entryOf(of, name);
  return isJson(value) ? value : {};
}

/** A table's own entry: a word from outside may be one that every object knows (`__proto__`, `constructor`). */
export function entryOf<Value>(table: Readonly<Record<string, Value>>, word: string): Value | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}

/** An id: always text, since some exceed what a number holds. */
export function id(value: unknown): string | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : text(value);
}

/** Only the fields that have a value, as `exactOptionalPropertyTypes` wants them. */
export function present<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  const kept: Partial<Fields> = {};
  for (const name in fields) {
    if (fields[name] !== undefined) kept[name] = fields[name];
  }
  return kept as { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };
}

/** Seconds since 1970 as decimal string or integer. @returns undefined for anything else. */
export function timeOf(value: unknown): Date | undefined {
  const seconds =
    typeof value === 'number'
      ? value
      : typeof value === 'string' && /^\d{1,12}$/.test(value)
        ? Number(value)
        : NaN;
  return Number.isSafeInteger(seconds) && seconds >= 0 && seconds < 1e12
    ? new Date(seconds * 1000)
    : undefined;
}
