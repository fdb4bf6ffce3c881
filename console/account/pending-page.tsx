import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useWorkspace } from '../app/workspace.ts';
import { SecondFactor } from '../my-sign-in/factors.tsx';
import { hasSecondFactor, useFactors } from '../my-sign-in/own.ts';
import { PasswordForm } from '../my-sign-in/password-form.tsx';
import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { Page } from '../ui/page.tsx';
import { type Company, CompanyFields, NO_EEA } from './company-fields.tsx';
import { CARD, Failed } from './fields.tsx';
import { NOBODY, PersonFields } from './person-fields.tsx';
import { type Policy, PolicyText } from './policy-text.tsx';

/** What a person must do before the rest opens: one step at a time. */
export function PendingPage({ onSignOut }: { onSignOut: () => void }) {
  const { t } = useTranslation();
  const { me } = useWorkspace();
  const [step] = me.pending;
  const goOn = (): void => window.location.reload();
  if (step === 'accept-policy') return <AcceptPolicy onDone={goOn} />;
  if (step === 'complete-account') return <Complete onDone={goOn} />;
  const leave = <Button onClick={onSignOut}>{t('people.pending.signOut')}</Button>;
  if (step === 'add-second-factor') return <AddSecondFactor leave={leave} onDone={goOn} />;
  return (
    <Page
      title={t('ownSignIn.password.mustChange')}
      hint={t('ownSignIn.password.mustChangeHint')}
      action={leave}
    >
      <div className={CARD}>
        <PasswordForm onDone={goOn} />
      </div>
    </Page>
  );
}

/**
 * New recovery codes are on the screen after it: the person says when to go on. Who had added one in another session
 * shows it by signing in again.
 */
function AddSecondFactor({ leave, onDone }: { leave: ReactNode; onDone: () => void }) {
  const { t } = useTranslation();
  const factors = useFactors();
  const [hadOne, setHadOne] = useState<boolean>();
  const hasOne = factors.data !== undefined && hasSecondFactor(factors.data);
  if (factors.data !== undefined && hadOne === undefined) setHadOne(hasOne);
  if (hadOne === true) {
    return (
      <Page
        title={t('ownSignIn.secondFactor.show')}
        hint={t('ownSignIn.secondFactor.showHint')}
        action={leave}
      >
        {null}
      </Page>
    );
  }
  return (
    <Page title={t('ownSignIn.secondFactor.must')} hint={t('ownSignIn.secondFactor.mustHint')} action={leave}>
      <SecondFactor />
      {hasOne && (
        <Button look="primary" onClick={onDone} className="self-end">
          {t('ownSignIn.secondFactor.goOn')}
        </Button>
      )}
    </Page>
  );
}

function AcceptPolicy({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const { api } = useWorkspace();
  const policy = useQuery({
    queryKey: ['policy'],
    queryFn: ({ signal }) => api.request<Policy>('/v1/policy', { signal }),
  });
  const version = policy.data?.version ?? '';
  const answer = useMutation({
    mutationFn: (word: 'accept' | 'decline') =>
      api.request(`/v1/policy/${word}`, { method: 'POST', body: { version } }),
    onSuccess: onDone,
  });
  return (
    <Page title={t('people.pending.policyTitle')} hint={t('people.pending.policyHint', { version })}>
      {policy.data !== undefined && <PolicyText policy={policy.data} />}
      {policy.isError && <Failed>{errorText(t, policy.error)}</Failed>}
      {answer.isError && <Failed>{errorText(t, answer.error)}</Failed>}
      <div className="flex flex-wrap justify-end gap-2">
        <Button disabled={answer.isPending} onClick={() => answer.mutate('decline')}>
          {t('people.decline')}
        </Button>
        <Button
          look="primary"
          disabled={policy.data === undefined || answer.isPending}
          onClick={() => answer.mutate('accept')}
        >
          {t('people.accept')}
        </Button>
      </div>
    </Page>
  );
}

function Complete({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const { api } = useWorkspace();
  const [person, setPerson] = useState(NOBODY);
  const [company, setCompany] = useState<Company>({ isCompany: false });
  const [eea, setEea] = useState(NO_EEA);
  const saving = useMutation({
    mutationFn: () => {
      const { email, ...own } = person;
      const contactPerson = { name: `${own.firstName} ${own.lastName}`, email, phone: own.phone };
      const account = { company, eea, contactPerson };
      return api.request('/v1/account/complete', { method: 'POST', body: { ...own, account } });
    },
    onSuccess: onDone,
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    saving.mutate();
  };
  return (
    <Page title={t('people.pending.completeTitle')} hint={t('people.pending.completeHint')}>
      <form onSubmit={submit} className={CARD}>
        <PersonFields person={person} onChange={setPerson} />
        <CompanyFields company={company} eea={eea} onCompany={setCompany} onEea={setEea} />
        {saving.isError && <Failed>{errorText(t, saving.error)}</Failed>}
        <Button type="submit" look="primary" disabled={saving.isPending} className="self-end">
          {t('people.pending.complete')}
        </Button>
      </form>
    </Page>
  );
}
