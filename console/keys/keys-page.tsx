import { CloudOff, KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useWorkspace } from '../app/workspace.ts';
import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { Page } from '../ui/page.tsx';
import { StateMessage } from '../ui/state-message.tsx';
import { KeyRow } from './key-row.tsx';
import { type ShownKey, useKeys } from './keys.ts';
import { NewKey } from './new-key.tsx';
import { ShownOnce } from './shown-once.tsx';

/** The API keys of the business: make, rename, rotate, revoke. */
export function KeysPage() {
  const { t } = useTranslation();
  const { me } = useWorkspace();
  const keys = useKeys();
  const [making, setMaking] = useState(false);
  const [shown, setShown] = useState<ShownKey | null>(null);
  const items = keys.data?.pages.flatMap((page) => page.items) ?? [];
  const mayWrite = me.scopes.includes('keys:write');
  const show = (key: ShownKey): void => {
    setShown(key);
    setMaking(false);
  };
  const make = mayWrite && !making && (
    <Button look="primary" onClick={() => setMaking(true)}>
      <Plus aria-hidden className="size-4" />
      {t('keys.make')}
    </Button>
  );
  return (
    <Page title={t('keys.title')} hint={t('keys.hint')} action={items.length > 0 && make}>
      {shown !== null && <ShownOnce apiKey={shown} onDone={() => setShown(null)} />}
      {making && <NewKey onMade={show} onCancel={() => setMaking(false)} />}
      {keys.isPending && (
        <p role="status" className="text-muted">
          {t('keys.loading')}
        </p>
      )}
      {keys.isError && (
        <StateMessage
          icon={CloudOff}
          title={errorText(t, keys.error)}
          action={<Button onClick={() => void keys.refetch()}>{t('errors.retry')}</Button>}
          alert
        />
      )}
      {keys.data !== undefined && items.length === 0 && !making && shown === null && (
        <StateMessage icon={KeyRound} title={t('keys.none')} action={make}>
          {t('keys.noneHint')}
        </StateMessage>
      )}
      {items.length > 0 && (
        <ul aria-label={t('keys.title')} className="flex flex-col gap-3">
          {items.map((key) => (
            <KeyRow key={key.id} apiKey={key} mayWrite={mayWrite} onShown={show} />
          ))}
        </ul>
      )}
      {keys.hasNextPage && (
        <Button disabled={keys.isFetchingNextPage} onClick={() => void keys.fetchNextPage()}>
          {t('keys.more')}
        </Button>
      )}
    </Page>
  );
}
