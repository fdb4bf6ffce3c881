import { useTranslation } from 'react-i18next';

import { useWorkspace } from '../app/workspace.ts';
import { FIELD } from '../ui/field.tsx';
import type { Role } from './people.ts';

interface RoleSelectProps {
  roles: Role[];
  value: string;
  onChange: (role: string) => void;
  label: string;
  disabled?: boolean;
}

/** The roles that this person may give: none with rights that they lack, and never the owner's. */
export function RoleSelect({ roles, value, onChange, label, disabled = false }: RoleSelectProps) {
  const { me } = useWorkspace();
  const roleName = useRoleName();
  const givable = roles.filter(
    ({ id, permissions }) =>
      id === value || (id !== 'owner' && permissions.every((right) => me.scopes.includes(right))),
  );
  return (
    <select
      aria-label={label}
      value={value}
      disabled={disabled}
      onChange={(event) => onChange(event.target.value)}
      className={`${FIELD} sm:w-auto`}
    >
      {givable.map((role) => (
        <option key={role.id} value={role.id}>
          {roleName(role)}
        </option>
      ))}
    </select>
  );
}

const BUILT_IN = ['owner', 'admin', 'supervisor', 'agent'] as const;

/** In the language of the screen for those that every account has. */
export function useRoleName(): (role: Pick<Role, 'id' | 'name'>) => string {
  const { t } = useTranslation();
  return ({ id, name }) => {
    const builtIn = BUILT_IN.find((one) => one === id);
    return builtIn === undefined ? name : t(`people.roles.${builtIn}`);
  };
}
