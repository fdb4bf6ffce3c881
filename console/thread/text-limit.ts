/** Cloud API: text messages. The body may have 4,096 characters; we count code points. */
export const TEXT_LIMIT = 4096;

/** From here on the composer shows how much is left. */
const SHOW_FROM_LEFT = 500;

/** The code points left, or `null` while that is of no interest. Negative: too long. */
export function charactersLeft(text: string): number | null {
  if (text.length < TEXT_LIMIT - SHOW_FROM_LEFT) return null; // never fewer units than points
  const left = TEXT_LIMIT - Array.from(text).length;
  return left <= SHOW_FROM_LEFT ? left : null;
}
