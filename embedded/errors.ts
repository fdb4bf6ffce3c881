/*
 * What was thrown is looked at by its shape: an error of Node's own modules is no `instanceof Error` of a context that
 * has its own globals, such as a test runner's.
 */

/** The system's error code (`ENOENT` and the like) of a thrown value, if it has one. */
export function codeOf(error: unknown): string | undefined {
  const code = fieldOf(error, 'code');
  return typeof code === 'string' ? code : undefined;
}

/** What was thrown, in words. */
export function messageOf(error: unknown): string {
  const message = fieldOf(error, 'message');
  return typeof message === 'string' ? message : String(error);
}

/** A field of whatever was thrown. */
export function fieldOf(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
}
