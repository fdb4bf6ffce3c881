import { QueryClientProvider } from '@tanstack/react-query';
import { Direction } from 'radix-ui';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Me } from '../api/types.ts';
import { type Language, LANGUAGES } from '../i18n/languages.ts';
import { checkKey } from './check-key.ts';
import { Frame } from './frame.tsx';
import { Opening } from './opening.tsx';
import { forgetKey, forgetPerson, forgetSession, keepKey, keepPerson, storedKey } from './session.ts';
import { type Ended, SignIn } from './sign-in.tsx';
import { createWorkspace, type Workspace, WorkspaceProvider } from './workspace.ts';

type Session =
  | { kind: 'signed-out'; ended: Ended | null }
  | { kind: 'opening'; key: string }
  | { kind: 'open'; workspace: Workspace };

/** Sign-in, then the inbox. A key that is kept in the tab is checked before anything is shown. */
export function App() {
  const { i18n } = useTranslation();
  const [session, setSession] = useState<Session>(() => {
    const key = storedKey();
    return key === null ? { kind: 'signed-out', ended: null } : { kind: 'opening', key };
  });

  /** A key may be given again in this tab, with its drafts; of a person nothing stays (a colleague may be next). */
  const refused = (isPerson: boolean, unsent = 0): void => {
    if (isPerson) {
      forgetPerson();
      forgetSession();
    } else forgetKey();
    setSession({ kind: 'signed-out', ended: isPerson ? { kind: 'person', unsent } : { kind: 'key' } });
  };
  const open = (key: string, me: Me): void => {
    const isPerson = me.caller.kind === 'person';
    if (isPerson) keepPerson(me.tenant.accountNumber);
    else keepKey(key);
    const onUnauthorized = (): void => {
      const unsent = workspace.outbox.pending.get().length;
      workspace.close();
      refused(isPerson, unsent);
    };
    // Opened anew, since what this person may see now is another page.
    const onPending = (): void => {
      workspace.close();
      setSession((now) =>
        now.kind === 'open' && now.workspace === workspace
          ? { kind: 'opening', key: isPerson ? '' : key }
          : now,
      );
    };
    const on = { onUnauthorized, onPending };
    const workspace = createWorkspace(isPerson ? (me.csrfToken ?? key) : key, me, on);
    setSession({ kind: 'open', workspace });
  };
  const signOut = (workspace: Workspace): void => {
    const { caller, tenant } = workspace.me;
    const isPerson = caller.kind === 'person';
    if (isPerson) {
      // The page is left at once; a server that is away ends the session when it is idle.
      void workspace.api.request('/v1/sign-out', { method: 'POST' }).catch(() => undefined);
    }
    workspace.close();
    forgetPerson();
    forgetSession();
    window.location.hash = isPerson ? `#/t/${tenant.accountNumber}` : '';
    setSession({ kind: 'signed-out', ended: null });
  };

  return (
    <Direction.Provider dir={LANGUAGES[i18n.language as Language]}>
      {session.kind === 'signed-out' && (
        <SignIn
          ended={session.ended}
          onOpen={open}
          onPerson={async (csrfToken) => open(csrfToken, await checkKey(csrfToken))}
        />
      )}
      {session.kind === 'opening' && (
        <Opening sessionKey={session.key} onOpen={open} onRefused={() => refused(session.key === '')} />
      )}
      {session.kind === 'open' && (
        <WorkspaceProvider value={session.workspace}>
          <QueryClientProvider client={session.workspace.client}>
            <Frame onSignOut={() => signOut(session.workspace)} />
          </QueryClientProvider>
        </WorkspaceProvider>
      )}
    </Direction.Provider>
  );
}
