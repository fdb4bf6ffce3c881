import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { CARD, Failed } from '../account/fields.tsx';
import { NOBODY, PersonFields } from '../account/person-fields.tsx';
import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { type Role, usePeopleChange } from './people.ts';
import { RoleSelect } from './role-select.tsx';

/** Who is invited, and as what; the link goes by mail. */
export function InviteForm({ roles, onDone }: { roles: Role[]; onDone: () => void }) {
  const { t, i18n } = useTranslation();
  const [person, setPerson] = useState(NOBODY);
  const [role, setRole] = useState('agent');
  const inviting = usePeopleChange(onDone);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const language = i18n.language === 'he' ? 'he' : 'en';
    inviting.mutate({ method: 'POST', path: '/v1/users', body: { ...person, role, language } });
  };
  return (
    <form
      aria-label={t('people.invite')}
      onSubmit={submit}
      onKeyDown={(event) => event.key === 'Escape' && onDone()}
      className={CARD}
    >
      <PersonFields person={person} onChange={setPerson} />
      <RoleSelect roles={roles} value={role} onChange={setRole} label={t('people.role')} />
      {inviting.isError && <Failed>{errorText(t, inviting.error)}</Failed>}
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>{t('people.cancel')}</Button>
        <Button type="submit" look="primary" disabled={inviting.isPending}>
          {t('people.send')}
        </Button>
      </div>
    </form>
  );
}
