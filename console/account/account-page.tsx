import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { CloudOff } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useWorkspace } from '../app/workspace.ts';
import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { Page } from '../ui/page.tsx';
import { StateMessage } from '../ui/state-message.tsx';
import { type Company, CompanyFields, type Eea, NO_EEA } from './company-fields.tsx';
import { EmergencyContact } from './emergency-contact.tsx';
import { CARD, Failed, TextField } from './fields.tsx';

interface Account {
  accountNumber: string;
  name: string;
  company: Company | null;
  contactPerson: { name: string; email: string; phone: string } | null;
  privacyContact: { name: string; email: string } | null;
  privacyPolicyUrl: string | null;
  /** Null: the owner. */
  emergencyUserId: string | null;
  emergencyReachable: boolean;
  eea: Eea | null;
  terms: { number: string; version: string; from: string } | null;
  missing: string[];
  maySend: boolean;
}

const ACCOUNT = ['account'] as const;

/** What is on record of the business. */
export function AccountPage() {
  const { t } = useTranslation();
  const { api } = useWorkspace();
  const account = useQuery({
    queryKey: ACCOUNT,
    queryFn: ({ signal }) => api.request<Account>('/v1/account', { signal }),
  });
  return (
    <Page title={t('people.account.title')} hint={t('people.account.hint')}>
      {account.isPending && (
        <p role="status" className="text-muted">
          {t('people.loading')}
        </p>
      )}
      {account.isError && (
        <StateMessage
          icon={CloudOff}
          title={errorText(t, account.error)}
          action={<Button onClick={() => void account.refetch()}>{t('errors.retry')}</Button>}
          alert
        />
      )}
      {account.data !== undefined && <AccountForm account={account.data} />}
    </Page>
  );
}

function AccountForm({ account }: { account: Account }) {
  const { t } = useTranslation();
  const { api, me } = useWorkspace();
  const client = useQueryClient();
  const [company, setCompany] = useState(account.company ?? { isCompany: false });
  const [contact, setContact] = useState(account.contactPerson ?? { name: '', email: '', phone: '' });
  const [privacy, setPrivacy] = useState(account.privacyContact ?? { name: '', email: '' });
  const [policyUrl, setPolicyUrl] = useState(account.privacyPolicyUrl ?? '');
  const [emergencyUserId, setEmergencyUserId] = useState(account.emergencyUserId);
  const [eea, setEea] = useState(account.eea ?? NO_EEA);
  const mayWrite = me.scopes.includes('account:write');
  const saving = useMutation({
    mutationFn: () =>
      api.request<Account>('/v1/account', {
        method: 'PUT',
        body: {
          company,
          eea,
          ...(contact.name === '' ? {} : { contactPerson: contact }),
          ...(privacy.name === '' ? {} : { privacyContact: privacy }),
          ...(policyUrl === '' ? {} : { privacyPolicyUrl: policyUrl }),
          ...(emergencyUserId === account.emergencyUserId || emergencyUserId === null
            ? {}
            : { emergencyUserId }),
        },
      }),
    onSuccess: (answer) => client.setQueryData(ACCOUNT, answer),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (mayWrite) saving.mutate();
  };
  return (
    <form onSubmit={submit} className={CARD} aria-label={t('people.account.title')}>
      <Notes account={account} />
      <CompanyFields company={company} eea={eea} onCompany={setCompany} onEea={setEea} />
      <fieldset className="flex flex-col gap-2">
        <legend className="text-sm font-semibold">{t('people.account.contact')}</legend>
        <p className="text-xs text-muted">{t('people.account.contactHint')}</p>
        {(['name', 'email', 'phone'] as const).map((name) => (
          <TextField
            key={name}
            label={t(name === 'name' ? 'people.account.name' : `people.${name}`)}
            type={({ name: 'text', email: 'email', phone: 'tel' } as const)[name]}
            value={contact[name]}
            onChange={(value) => setContact({ ...contact, [name]: value })}
          />
        ))}
      </fieldset>
      <fieldset className="flex flex-col gap-2">
        <legend className="text-sm font-semibold">{t('people.account.privacy')}</legend>
        <p className="text-xs text-muted">{t('people.account.privacyHint')}</p>
        {(['name', 'email'] as const).map((name) => (
          <TextField
            key={name}
            label={t(name === 'name' ? 'people.account.name' : 'people.email')}
            type={({ name: 'text', email: 'email' } as const)[name]}
            value={privacy[name]}
            onChange={(value) => setPrivacy({ ...privacy, [name]: value })}
          />
        ))}
      </fieldset>
      <TextField label={t('people.account.policyUrl')} type="url" value={policyUrl} onChange={setPolicyUrl} />
      {me.scopes.includes('users:read') && (
        <EmergencyContact value={emergencyUserId} onChange={setEmergencyUserId} />
      )}
      {saving.isError && <Failed>{errorText(t, saving.error)}</Failed>}
      <p role="status" className="text-sm text-good">
        {saving.isSuccess && t('people.account.saved')}
      </p>
      {mayWrite && (
        <Button type="submit" look="primary" disabled={saving.isPending} className="self-end">
          {t('people.account.save')}
        </Button>
      )}
    </form>
  );
}

/** Number, terms, and what the business is to see to. */
function Notes({ account }: { account: Account }) {
  const { t, i18n } = useTranslation();
  const { accountNumber, terms, missing, emergencyReachable, maySend } = account;
  const notes = [
    missing.length > 0 && t('people.account.missing'),
    !emergencyReachable && t('people.account.unreachable'),
    !maySend && t('people.account.maySendNot'),
  ].filter((note) => note !== false);
  return (
    <>
      <p className="text-sm">
        {t('people.account.number')}{' '}
        <bdi dir="ltr" className="font-semibold tabular-nums">
          {accountNumber}
        </bdi>
      </p>
      <p className="text-sm text-muted">
        {terms === null
          ? t('people.account.noTerms')
          : t('people.account.terms', {
              number: terms.number,
              version: terms.version,
              from: new Date(terms.from).toLocaleDateString(i18n.language),
            })}
      </p>
      {notes.map((note) => (
        <p key={note} role="status" className="rounded-lg bg-warn-soft px-3 py-2 text-sm text-warn">
          {note}
        </p>
      ))}
    </>
  );
}
