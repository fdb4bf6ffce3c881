import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';

import { en } from './en.ts';
import { he } from './he.ts';
import { chooseLanguage, type Language, LANGUAGES } from './languages.ts';

const REMEMBERED = 'whatsper.language';

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
  }
}

/** Starts the translations before the first screen; also sets `lang` and `dir` of the page. */
export async function setUpLanguage(): Promise<void> {
  const language = chooseLanguage(localStorage.getItem(REMEMBERED), navigator.languages);
  i18next.on('languageChanged', setPageLanguage);
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: 'en',
    resources: { en: { translation: en }, he: { translation: he } },
    interpolation: { escapeValue: false }, // React escapes
  });
}

/** Changes the language and remembers it on this device. */
export async function switchLanguage(language: Language): Promise<void> {
  localStorage.setItem(REMEMBERED, language);
  await i18next.changeLanguage(language);
}

function setPageLanguage(language: string): void {
  document.documentElement.lang = language;
  document.documentElement.dir = LANGUAGES[language as Language];
}
