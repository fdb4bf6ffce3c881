import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useWorkspace } from '../app/workspace.ts';
import { Page } from '../ui/page.tsx';
import { exactTime } from '../ui/time.ts';
import { SecondFactor } from './factors.tsx';
import { useFactors } from './own.ts';
import { PasswordForm } from './password-form.tsx';
import { Section } from './section.tsx';
import { SessionList } from './sessions.tsx';

/** How this person signs in, and where they are signed in. */
export function MySignInPage() {
  const { t } = useTranslation();
  const { me } = useWorkspace();
  const address = `${window.location.origin}/t/${me.tenant.accountNumber}`;
  return (
    <Page title={t('ownSignIn.title')} hint={t('ownSignIn.hint')}>
      <p className="text-sm text-muted">
        {t('ownSignIn.address')}{' '}
        <bdi dir="ltr" className="font-medium text-ink select-all">
          {address}
        </bdi>
      </p>
      <SessionList />
      <PasswordSection />
      <SecondFactor />
    </Page>
  );
}

function PasswordSection() {
  const { t, i18n } = useTranslation();
  const setAt = useFactors().data?.password.setAt ?? null;
  const [changed, setChanged] = useState(false);
  return (
    <Section
      title={t('ownSignIn.password.title')}
      {...(setAt === null
        ? {}
        : { hint: t('ownSignIn.password.setAt', { time: exactTime(new Date(setAt), i18n.language) }) })}
    >
      <PasswordForm onDone={() => setChanged(true)} />
      <p role="status" className="text-sm text-good empty:hidden">
        {changed && t('ownSignIn.password.changed')}
      </p>
    </Section>
  );
}
