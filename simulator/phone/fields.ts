/** Reads contents whose shape nobody promises: any type may arrive, of any version. */

/** A field of an object, undefined when there is no such thing. */
export function fieldOf(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (current, key) =>
      typeof current === 'object' && current !== null ? Reflect.get(current, key) : undefined,
    value,
  );
}

/** A text or number field as text, '' when there is none. */
export function textOf(value: unknown, ...path: string[]): string {
  const found = fieldOf(value, ...path);
  return typeof found === 'string' || typeof found === 'number' ? String(found) : '';
}

/** A field that holds a list, else an empty one. */
export function listOf(value: unknown, ...path: string[]): unknown[] {
  const found = fieldOf(value, ...path);
  return Array.isArray(found) ? (found as unknown[]) : [];
}
