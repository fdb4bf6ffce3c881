import { useTranslation } from 'react-i18next';

import { Check, TextField } from './fields.tsx';

const QUESTIONS = ['established', 'servesThere', 'otherwiseSubject'] as const;
export type Eea = Record<(typeof QUESTIONS)[number], boolean>;
export interface Company {
  isCompany: boolean;
  number?: string;
}

export const NO_EEA: Eea = { established: false, servesThere: false, otherwiseSubject: false };

interface CompanyFieldsProps {
  company: Company;
  eea: Eea;
  onCompany: (company: Company) => void;
  onEea: (eea: Eea) => void;
}

/** Whether the business is a company, and the three questions about Europe. */
export function CompanyFields({ company, eea, onCompany, onEea }: CompanyFieldsProps) {
  const { t } = useTranslation();
  return (
    <>
      <Check
        label={t('people.account.isCompany')}
        checked={company.isCompany}
        onChange={(isCompany) => onCompany(isCompany ? { isCompany, number: '' } : { isCompany })}
      />
      {company.isCompany && (
        <TextField
          label={t('people.account.companyNumber')}
          value={company.number ?? ''}
          required
          onChange={(number) => onCompany({ isCompany: true, number })}
        />
      )}
      <fieldset>
        <legend className="text-sm text-muted">{t('people.account.eea')}</legend>
        {QUESTIONS.map((question) => (
          <Check
            key={question}
            label={t(`people.account.${question}`)}
            checked={eea[question]}
            onChange={(answer) => onEea({ ...eea, [question]: answer })}
          />
        ))}
      </fieldset>
    </>
  );
}
