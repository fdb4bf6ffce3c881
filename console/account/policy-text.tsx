import { useTranslation } from 'react-i18next';

export interface Policy {
  version: string;
  text: { en: string; he: string };
}

/** The policy in the language of the screen; it can be scrolled by keyboard. */
export function PolicyText({ policy }: { policy: Policy }) {
  const { t, i18n } = useTranslation();
  const text = i18n.language === 'he' ? policy.text.he : policy.text.en;
  return (
    <section
      tabIndex={0}
      dir="auto"
      aria-label={t('people.entry.policy')}
      className="thin-scroll max-h-80 overflow-y-auto rounded-xl border border-line bg-raised p-4 text-sm whitespace-pre-line"
    >
      {text}
    </section>
  );
}
