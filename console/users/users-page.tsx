import { CloudOff, UserPlus, Users } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Failed } from '../account/fields.tsx';
import { useWorkspace } from '../app/workspace.ts';
import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { Page } from '../ui/page.tsx';
import { StateMessage } from '../ui/state-message.tsx';
import { HandOverNote } from './hand-over-note.tsx';
import { InviteForm } from './invite-form.tsx';
import { useRoles, useUsers } from './people.ts';
import { RolesEditor } from './roles-editor.tsx';
import { UserRow } from './user-row.tsx';

/** The people of the business: invite, give roles, disable, delete, hand the account over. */
export function UsersPage() {
  const { t } = useTranslation();
  const { me } = useWorkspace();
  const users = useUsers();
  const roles = useRoles();
  const [inviting, setInviting] = useState(false);
  const items = users.data?.items ?? [];
  const known = roles.data?.items ?? [];
  const mayWrite = me.scopes.includes('users:write');
  // A person without the name of their role would seem to have none, and to be free for anybody to change.
  const isPending = users.isPending || roles.isPending;
  const invite = mayWrite && !inviting && (
    <Button look="primary" onClick={() => setInviting(true)}>
      <UserPlus aria-hidden className="size-4" />
      {t('people.invite')}
    </Button>
  );
  return (
    <Page title={t('people.title')} hint={t('people.hint')} action={!isPending && items.length > 0 && invite}>
      <HandOverNote />
      {inviting && <InviteForm roles={known} onDone={() => setInviting(false)} />}
      {isPending && !users.isError && (
        <p role="status" className="text-muted">
          {t('people.loading')}
        </p>
      )}
      {users.isError && (
        <StateMessage
          icon={CloudOff}
          title={errorText(t, users.error)}
          action={<Button onClick={() => void users.refetch()}>{t('errors.retry')}</Button>}
          alert
        />
      )}
      {users.data !== undefined && items.length === 0 && !inviting && (
        <StateMessage icon={Users} title={t('people.none')} action={invite}>
          {t('people.noneHint')}
        </StateMessage>
      )}
      {!isPending && items.length > 0 && (
        <ul aria-label={t('people.title')} className="flex flex-col gap-3">
          {items.map((user) => (
            <UserRow key={user.id} user={user} roles={known} mayWrite={mayWrite} />
          ))}
        </ul>
      )}
      {roles.isError && <Failed>{errorText(t, roles.error)}</Failed>}
      {roles.data !== undefined && <RolesEditor roles={known} mayWrite={mayWrite} />}
    </Page>
  );
}
