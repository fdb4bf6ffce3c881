import { useMutation, useQuery } from '@tanstack/react-query';
import { CircleCheck, LinkIcon } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { CARD, Failed, TextField } from '../account/fields.tsx';
import { type Policy, PolicyText } from '../account/policy-text.tsx';
import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { Page } from '../ui/page.tsx';
import { StateMessage } from '../ui/state-message.tsx';
import { askOpenly } from './ask.ts';

interface Invited {
  business: string;
  accountNumber: string;
  firstName: string;
}

/** Who was invited chooses a password and accepts the policy, or declines and is forgotten. */
export function InvitationPage({ token }: { token: string }) {
  const { t } = useTranslation();
  const [isGone, setGone] = useState(false);
  const [number, setNumber] = useState<string | null>(null);
  const invited = useQuery({
    queryKey: ['invitation', token],
    queryFn: () => askOpenly<Invited>('/v1/invitations/look', { token }),
    refetchOnWindowFocus: false,
  });
  if (isGone) return <StateMessage icon={CircleCheck} title={t('people.entry.declined')} />;
  if (number !== null) return <Joined accountNumber={number} />;
  if (invited.isError) {
    return <StateMessage icon={LinkIcon} title={errorText(t, invited.error)} alert />;
  }
  if (invited.data === undefined) {
    return (
      <p role="status" className="m-auto text-muted">
        {t('people.loading')}
      </p>
    );
  }
  return <Join token={token} invited={invited.data} onJoined={setNumber} onDeclined={() => setGone(true)} />;
}

interface JoinProps {
  token: string;
  invited: Invited;
  onJoined: (accountNumber: string) => void;
  onDeclined: () => void;
}

function Join({ token, invited: { business, accountNumber, firstName }, onJoined, onDeclined }: JoinProps) {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  const policy = useQuery({ queryKey: ['policy'], queryFn: () => askOpenly<Policy>('/v1/policy') });
  const policyVersion = policy.data?.version ?? '';
  const joining = useMutation({
    mutationFn: () => askOpenly('/v1/invitations/accept', { token, password, policyVersion }),
    onSuccess: () => onJoined(accountNumber),
  });
  const declining = useMutation({
    mutationFn: () => askOpenly('/v1/invitations/decline', { token }),
    onSuccess: onDeclined,
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    joining.mutate();
  };
  const failure = joining.error ?? declining.error ?? policy.error;
  return (
    <Page
      title={t('people.entry.invitationTitle', { name: firstName })}
      hint={t('people.entry.invitationHint', { business })}
    >
      <form onSubmit={submit} className={CARD}>
        <TextField
          label={t('people.entry.password')}
          hint={t('people.entry.passwordHint')}
          type="password"
          autoComplete="new-password"
          autoFocus
          required
          value={password}
          onChange={setPassword}
        />
        {policy.data !== undefined && <PolicyText policy={policy.data} />}
        {failure !== null && <Failed>{errorText(t, failure)}</Failed>}
        <div className="flex flex-wrap justify-end gap-2">
          <Button
            disabled={declining.isPending}
            onClick={() => window.confirm(t('people.entry.confirmDecline')) && declining.mutate()}
          >
            {t('people.entry.decline')}
          </Button>
          <Button type="submit" look="primary" disabled={policy.data === undefined || joining.isPending}>
            {t('people.entry.join')}
          </Button>
        </div>
      </form>
    </Page>
  );
}

function Joined({ accountNumber }: { accountNumber: string }) {
  const { t } = useTranslation();
  const link = (
    <a href={`/t/${accountNumber}`} className="font-semibold text-accent underline">
      {t('people.entry.toSignIn')}
    </a>
  );
  return (
    <StateMessage icon={CircleCheck} title={t('people.entry.joined')} action={link}>
      {t('people.entry.joinedHint', { number: accountNumber })}
    </StateMessage>
  );
}
