import { useMutation } from '@tanstack/react-query';
import { Mail } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { type Company, CompanyFields, NO_EEA } from '../account/company-fields.tsx';
import { CARD, Check, Failed, TextField } from '../account/fields.tsx';
import { NOBODY, PersonFields } from '../account/person-fields.tsx';
import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { Page } from '../ui/page.tsx';
import { StateMessage } from '../ui/state-message.tsx';
import { askOpenly } from './ask.ts';

/** A business opens an account, where the operator lets it. */
export function SignUpPage() {
  const { t, i18n } = useTranslation();
  const [person, setPerson] = useState(NOBODY);
  const [business, setBusiness] = useState('');
  const [company, setCompany] = useState<Company>({ isCompany: false });
  const [eea, setEea] = useState(NO_EEA);
  const [acceptTerms, setAcceptTerms] = useState(false);
  const opening = useMutation({
    mutationFn: () => {
      const language = i18n.language === 'he' ? 'he' : 'en';
      return askOpenly('/v1/sign-up', { ...person, language, business, company, eea, acceptTerms });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    opening.mutate();
  };
  if (opening.isSuccess) {
    return (
      <StateMessage icon={Mail} title={t('people.entry.readMail')}>
        {t('people.entry.readMailHint')}
      </StateMessage>
    );
  }
  return (
    <Page title={t('people.entry.signUpTitle')} hint={t('people.entry.signUpHint')}>
      <form onSubmit={submit} className={CARD}>
        <PersonFields person={person} onChange={setPerson} />
        <TextField label={t('people.entry.business')} value={business} onChange={setBusiness} required />
        <CompanyFields company={company} eea={eea} onCompany={setCompany} onEea={setEea} />
        <div className="flex flex-wrap items-center gap-x-4">
          <Check label={t('people.entry.terms')} checked={acceptTerms} onChange={setAcceptTerms} />
          <a
            href="/terms"
            target="_blank"
            rel="noreferrer"
            className="text-sm text-accent underline underline-offset-2"
          >
            {t('people.entry.readTerms')}
          </a>
        </div>
        {opening.isError && <Failed>{errorText(t, opening.error)}</Failed>}
        <Button
          type="submit"
          look="primary"
          disabled={opening.isPending || !acceptTerms}
          className="self-end"
        >
          {t('people.entry.signUp')}
        </Button>
      </form>
    </Page>
  );
}
