import { MailQuestion, ShieldCheck, ShieldOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { Failed } from '../account/fields.tsx';
import { useWorkspace } from '../app/workspace.ts';
import { Button } from '../ui/button.tsx';
import { Chip } from '../ui/chip.tsx';
import { errorText } from '../ui/error-text.ts';
import { type Role, usePeopleChange, type User } from './people.ts';
import { RoleChoice } from './role-choice.tsx';
import { useRoleName } from './role-select.tsx';

interface UserRowProps {
  user: User;
  roles: Role[];
  mayWrite: boolean;
}

/** One person, and what may be done with them. */
export function UserRow({ user, roles, mayWrite }: UserRowProps) {
  const { t } = useTranslation();
  const { me } = useWorkspace();
  const roleName = useRoleName();
  const change = usePeopleChange();
  const { id, firstName, lastName, email, role, status, secondFactor, emailProven } = user;
  const name = `${firstName} ${lastName}`.trim() || (email ?? id);
  const isMe = me.caller.id === id;
  const known = roles.find((one) => one.id === role);
  const mayChange =
    mayWrite &&
    !isMe &&
    role !== 'owner' &&
    known?.permissions.every((right) => me.scopes.includes(right)) !== false;
  return (
    <li data-testid="user" className="flex flex-col gap-2 rounded-xl border border-line bg-surface p-4">
      <div className="flex flex-wrap items-center gap-2">
        <h2 dir="auto" className="min-w-0 font-semibold">
          {name}
        </h2>
        <span className="text-sm text-muted">
          {t(`people.statuses.${status}`)}
          {isMe && ` · ${t('people.you')}`}
        </span>
        <Chip tone={secondFactor ? 'good' : 'calm'} icon={secondFactor ? ShieldCheck : ShieldOff}>
          {t(secondFactor ? 'people.secondFactor' : 'people.noSecondFactor')}
        </Chip>
        {status === 'active' && !emailProven && (
          <Chip tone="warn" icon={MailQuestion}>
            {t('people.unproven')}
          </Chip>
        )}
      </div>
      {email !== null && (
        <bdi dir="ltr" className="text-sm text-muted">
          {email}
        </bdi>
      )}
      {mayChange && known !== undefined ? (
        <RoleChoice user={user} roles={roles} name={name} />
      ) : (
        <p className="text-sm">{roleName(known ?? { id: role, name: role })}</p>
      )}
      {change.isError && <Failed>{errorText(t, change.error)}</Failed>}
      {mayChange && <Acts user={user} name={name} change={change} />}
    </li>
  );
}

const pathOf = (id: string) => `/v1/users/${encodeURIComponent(id)}`;

interface ActsProps {
  user: User;
  name: string;
  change: ReturnType<typeof usePeopleChange>;
}

function Acts({ user: { id, status, emailProven }, name, change }: ActsProps) {
  const { t } = useTranslation();
  const { me } = useWorkspace();
  const post = (act: string) => change.mutate({ method: 'POST', path: `${pathOf(id)}/${act}` });
  const asked = (question: string, act: () => void) => () => {
    if (window.confirm(question)) act();
  };
  return (
    <div className="flex flex-wrap gap-2">
      {(status === 'invited' || (status === 'active' && !emailProven)) && (
        <Button small onClick={() => post('invite')}>
          {t(status === 'invited' ? 'people.inviteAgain' : 'people.askProof')}
        </Button>
      )}
      {status === 'disabled' ? (
        <Button small onClick={() => post('enable')}>
          {t('people.enable')}
        </Button>
      ) : (
        <Button small onClick={asked(t('people.confirmDisable', { name }), () => post('disable'))}>
          {t('people.disable')}
        </Button>
      )}
      <Button
        small
        onClick={asked(t('people.confirmRemove', { name }), () =>
          change.mutate({ method: 'DELETE', path: pathOf(id) }),
        )}
      >
        {t('people.remove')}
      </Button>
      {status === 'active' && me.scopes.includes('account:write') && (
        <Button
          small
          onClick={asked(t('people.confirmHandOver', { name }), () =>
            change.mutate({ method: 'POST', path: '/v1/account/hand-over', body: { to: id } }),
          )}
        >
          {t('people.handOver')}
        </Button>
      )}
    </div>
  );
}
