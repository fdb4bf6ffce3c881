import { useId } from 'react';
import { useTranslation } from 'react-i18next';

import { FIELD } from '../ui/field.tsx';
import { plainName } from '../ui/plain-name.ts';
import { useUsers } from '../users/people.ts';

interface EmergencyContactProps {
  /** A user's id; null: the owner. */
  value: string | null;
  onChange: (userId: string) => void;
}

/** Who is reached in an emergency: one of those who have joined. */
export function EmergencyContact({ value, onChange }: EmergencyContactProps) {
  const { t } = useTranslation();
  const id = useId();
  const users = useUsers();
  const people = (users.data?.items ?? []).filter(({ status }) => status === 'active');
  const owner = people.find(({ role }) => role === 'owner');
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm text-muted">
        {t('people.account.emergency')}
      </label>
      <select
        id={id}
        value={value ?? owner?.id ?? ''}
        disabled={people.length === 0}
        aria-describedby={`${id}-hint`}
        onChange={(event) => onChange(event.target.value)}
        className={FIELD}
      >
        {people.map(({ id: userId, firstName, lastName, emailProven }) => (
          <option key={userId} value={userId}>
            {plainName(`${firstName} ${lastName}`)}
            {emailProven ? '' : ` (${t('people.unproven')})`}
          </option>
        ))}
      </select>
      <p id={`${id}-hint`} className="mt-1 text-xs text-muted">
        {users.isError ? t('assignment.people') : t('people.account.emergencyHint')}
      </p>
    </div>
  );
}
