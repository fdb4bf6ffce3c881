import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { CARD, Check, Failed, TextField } from '../account/fields.tsx';
import { useWorkspace } from '../app/workspace.ts';
import { peopleEn } from '../i18n/people.ts';
import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { type Role, usePeopleChange } from './people.ts';

type Right = keyof typeof peopleEn.rights;

/** Every right, as the server names it. */
const RIGHTS = (Object.keys(peopleEn.rights) as Right[]).map((word) => ({
  word,
  right: word.replace(/-(?=[a-z]+$)/, ':'),
}));

/** Roles that the business composed: what each may do, in words. */
export function RolesEditor({ roles, mayWrite }: { roles: Role[]; mayWrite: boolean }) {
  const { t } = useTranslation();
  const [edited, setEdited] = useState<Role | 'new' | null>(null);
  const change = usePeopleChange();
  const own = roles.filter(({ builtIn }) => !builtIn);
  return (
    <section aria-labelledby="own-roles" className="flex flex-col gap-3">
      <div>
        <h2 id="own-roles" className="font-semibold">
          {t('people.ownRoles')}
        </h2>
        <p className="text-sm text-muted">{t('people.ownRolesHint')}</p>
      </div>
      {own.length === 0 && <p className="text-sm text-muted">{t('people.noRoles')}</p>}
      <ul className="flex flex-col gap-2">
        {own.map((role) => (
          <li key={role.id} className={CARD}>
            <h3 dir="auto" className="font-semibold">
              {role.name}
            </h3>
            <p className="text-sm text-muted">
              {RIGHTS.filter(({ right }) => role.permissions.includes(right))
                .map(({ word }) => t(`people.rights.${word}`))
                .join(' · ')}
            </p>
            {mayWrite && (
              <div className="flex gap-2">
                <Button small onClick={() => setEdited(role)}>
                  {t('people.editRole')}
                </Button>
                <Button
                  small
                  onClick={() => change.mutate({ method: 'DELETE', path: `/v1/roles/${role.id}` })}
                >
                  {t('people.remove')}
                </Button>
              </div>
            )}
          </li>
        ))}
      </ul>
      {change.isError && <Failed>{errorText(t, change.error)}</Failed>}
      {edited !== null && (
        <RoleForm
          key={edited === 'new' ? 'new' : edited.id}
          role={edited === 'new' ? null : edited}
          onDone={() => setEdited(null)}
        />
      )}
      {mayWrite && edited === null && (
        <Button className="self-start" onClick={() => setEdited('new')}>
          {t('people.makeRole')}
        </Button>
      )}
    </section>
  );
}

function RoleForm({ role, onDone }: { role: Role | null; onDone: () => void }) {
  const { t } = useTranslation();
  const { me } = useWorkspace();
  const [name, setName] = useState(role?.name ?? '');
  const [chosen, setChosen] = useState(role?.permissions ?? []);
  const saving = usePeopleChange(onDone);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const body = { name, permissions: chosen };
    if (role === null) saving.mutate({ method: 'POST', path: '/v1/roles', body });
    else saving.mutate({ method: 'PUT', path: `/v1/roles/${role.id}`, body });
  };
  return (
    <form
      aria-label={t('people.makeRole')}
      onSubmit={submit}
      onKeyDown={(event) => event.key === 'Escape' && onDone()}
      className={CARD}
    >
      <TextField label={t('people.roleName')} value={name} onChange={setName} required autoFocus />
      <div className="grid gap-x-4 sm:grid-cols-2">
        {RIGHTS.map(({ word, right }) => (
          <Check
            key={right}
            label={t(`people.rights.${word}`)}
            checked={chosen.includes(right)}
            disabled={!me.scopes.includes(right)}
            onChange={(on) => setChosen(on ? [...chosen, right] : chosen.filter((one) => one !== right))}
          />
        ))}
      </div>
      {saving.isError && <Failed>{errorText(t, saving.error)}</Failed>}
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>{t('people.cancel')}</Button>
        <Button type="submit" look="primary" disabled={saving.isPending}>
          {t('people.saveRole')}
        </Button>
      </div>
    </form>
  );
}
