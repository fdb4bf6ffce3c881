import { useTranslation } from 'react-i18next';

import { Failed } from '../account/fields.tsx';
import { errorText } from '../ui/error-text.ts';
import { type Role, usePeopleChange, type User } from './people.ts';
import { RoleSelect } from './role-select.tsx';

interface RoleChoiceProps {
  user: Pick<User, 'id' | 'role'>;
  roles: Role[];
  name: string;
}

/** A person's role, changed at once: the choice stands there while it is on its way, then says that it is kept. */
export function RoleChoice({ user: { id, role }, roles, name }: RoleChoiceProps) {
  const { t } = useTranslation();
  const { isPending, isError, isSuccess, error, variables, mutate } = usePeopleChange<{ role: string }>();
  const path = `/v1/users/${encodeURIComponent(id)}`;
  return (
    <>
      <div className="flex flex-wrap items-center gap-2">
        <RoleSelect
          roles={roles}
          value={isPending ? (variables.body?.role ?? role) : role}
          label={`${t('people.role')}: ${name}`}
          disabled={isPending}
          onChange={(next) => mutate({ method: 'PATCH', path, body: { role: next } })}
        />
        <span role="status" className="text-sm text-muted">
          {isSuccess && t('people.account.saved')}
        </span>
      </div>
      {isError && <Failed>{errorText(t, error)}</Failed>}
    </>
  );
}
