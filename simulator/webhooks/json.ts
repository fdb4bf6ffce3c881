const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * JSON as Meta puts it on the wire: ASCII only, each UTF-16 unit above it as lowercase-hex `\uXXXX`, and `/` as `\/`.
 * Signatures cover these bytes, so a receiver that parses and stringifies again computes another one.
 */
export function encodeWebhook(value: unknown): Buffer {
  // A slash occurs in JSON only inside strings, so one replacement over the whole text is safe.
  const text = JSON.stringify(value).replaceAll('/', '\\/');
  return Buffer.from(text.replace(/[\u0080-\uffff]/g, escapeUnit), 'ascii');
}
