import { CloudOff, LifeBuoy, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useWorkspace } from '../app/workspace.ts';
import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { Page } from '../ui/page.tsx';
import { StateMessage } from '../ui/state-message.tsx';
import { AccessRow } from './access-row.tsx';
import { GiveAccess } from './give-access.tsx';
import { useSupportAccess } from './support-access.ts';

/** Who of WHATSPER may see the data of the business, asked to or could, and every look. */
export function SupportAccessPage() {
  const { t } = useTranslation();
  const { me } = useWorkspace();
  const list = useSupportAccess();
  const [giving, setGiving] = useState(false);
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const open = items.filter(({ state }) => state === 'active').length;
  const mayWrite = me.scopes.includes('support-access:write');
  const give = mayWrite && !giving && (
    <Button look="primary" onClick={() => setGiving(true)}>
      <LifeBuoy aria-hidden className="size-4" />
      {t('supportAccess.give')}
    </Button>
  );
  return (
    <Page title={t('supportAccess.title')} hint={t('supportAccess.hint')} action={items.length > 0 && give}>
      {list.data !== undefined && (
        <p
          role="status"
          className={`flex items-center gap-2 rounded-xl px-4 py-3 text-sm font-medium ${open > 0 ? 'bg-warn-soft text-warn' : 'bg-good-soft text-good'}`}
        >
          <ShieldCheck aria-hidden className="size-5" />
          {open === 0 ? t('supportAccess.off') : t('supportAccess.on', { count: open })}
        </p>
      )}
      {giving && <GiveAccess onClose={() => setGiving(false)} />}
      {list.isPending && (
        <p role="status" className="text-muted">
          {t('supportAccess.loading')}
        </p>
      )}
      {list.isError && (
        <StateMessage
          icon={CloudOff}
          title={errorText(t, list.error)}
          action={<Button onClick={() => void list.refetch()}>{t('errors.retry')}</Button>}
          alert
        />
      )}
      {list.data !== undefined && items.length === 0 && !giving && (
        <StateMessage icon={LifeBuoy} title={t('supportAccess.none')} action={give}>
          {t('supportAccess.noneHint')}
        </StateMessage>
      )}
      {items.length > 0 && (
        <ul aria-label={t('supportAccess.title')} className="flex flex-col gap-3">
          {items.map((access) => (
            <AccessRow key={access.id} access={access} mayWrite={mayWrite} />
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <Button disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t('supportAccess.more')}
        </Button>
      )}
    </Page>
  );
}
