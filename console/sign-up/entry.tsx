import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { Direction } from 'radix-ui';
import { type ReactNode, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';

import { type Language, LANGUAGES } from '../i18n/languages.ts';
import { AboutLine } from '../sign-in/about-line.tsx';
import { InvitationPage } from './invitation-page.tsx';
import { ProvePage } from './prove-page.tsx';
import { SignUpPage } from './sign-up-page.tsx';

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
}

const LINK = /^#\/(?<page>invitation|prove)\/(?<token>wsl_\w+)$/;

/** Pages that links in mail open, and the sign-up: nobody needs to be signed in for them. Else the console. */
export function Entry({ children }: { children: ReactNode }) {
  const { i18n } = useTranslation();
  const [client] = useState(() => new QueryClient({ defaultOptions: { queries: { retry: false } } }));
  const hash = useSyncExternalStore(subscribe, () => window.location.hash);
  const { page, token = '' } = LINK.exec(hash)?.groups ?? {};
  if (page === undefined && hash !== '#/sign-up') return children;
  return (
    <Direction.Provider dir={LANGUAGES[i18n.language as Language]}>
      <QueryClientProvider client={client}>
        <div className="flex h-dvh flex-col bg-canvas">
          {page === 'invitation' && <InvitationPage key={token} token={token} />}
          {page === 'prove' && <ProvePage key={token} token={token} />}
          {page === undefined && <SignUpPage />}
          <AboutLine />
        </div>
      </QueryClientProvider>
    </Direction.Provider>
  );
}
