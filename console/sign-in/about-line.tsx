import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { type About, about } from './requests.ts';

const LINK = 'text-accent underline underline-offset-2';

/** Whom to ask, what becomes of one's data, and how a business begins; nothing while the server is away. */
export function AboutLine() {
  const { t } = useTranslation();
  const [facts, setFacts] = useState<About | null>(null);
  useEffect(() => {
    const leaving = new AbortController();
    // Without an answer the line stays away: whoever signs in is told of it by the form.
    about(leaving.signal).then(setFacts, () => undefined);
    return () => leaving.abort();
  }, []);
  if (facts === null) return null;
  const { contactEmail, policyUrl, signUp } = facts;
  return (
    <footer
      data-testid="about"
      className="my-4 flex shrink-0 flex-wrap justify-center gap-x-4 gap-y-1 text-sm text-muted"
    >
      <a href={`mailto:${contactEmail}`} className={LINK}>
        <bdi>{t('personSignIn.contact', { address: contactEmail })}</bdi>
      </a>
      <a href={policyUrl} target="_blank" rel="noreferrer" className={LINK}>
        {t('personSignIn.policy')}
      </a>
      {signUp && window.location.hash !== '#/sign-up' && (
        <a href="#/sign-up" className={LINK}>
          {t('personSignIn.signUp')}
        </a>
      )}
    </footer>
  );
}
