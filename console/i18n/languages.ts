/** The languages of the screen, and the side on which each begins. */
export const LANGUAGES = { en: 'ltr', he: 'rtl' } as const;

export type Language = keyof typeof LANGUAGES;

/** The remembered language, else the first of the browser's that we have, else English. */
export function chooseLanguage(remembered: string | null, browserLanguages: readonly string[]): Language {
  const wanted = [remembered, ...browserLanguages].map((tag) => tag?.toLowerCase().split('-')[0]);
  // `iw` is the old code of Hebrew, which some Android devices still send.
  const known = wanted.map((tag) => (tag === 'iw' ? 'he' : tag)).find((tag) => tag === 'he' || tag === 'en');
  return known ?? 'en';
}
