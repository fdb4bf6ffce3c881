import { useTranslation } from 'react-i18next';

import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { FailureBar } from '../ui/state-message.tsx';
import { fullTime } from '../ui/time.ts';
import { useLooks } from './support-access.ts';

/** Every look that was taken by an access, newest first. */
export function Looks({ accessId }: { accessId: string }) {
  const { t, i18n } = useTranslation();
  const looks = useLooks(accessId);
  const items = looks.data?.pages.flatMap((page) => page.items) ?? [];
  if (looks.isError) {
    const retry = () => void looks.refetch();
    return <FailureBar text={errorText(t, looks.error)} retry={t('errors.retry')} onRetry={retry} />;
  }
  return (
    <div className="mt-2 rounded-lg bg-raised p-3 text-xs">
      {looks.isPending && <p role="status">{t('supportAccess.loading')}</p>}
      {looks.data !== undefined && items.length === 0 && <p>{t('supportAccess.noLooks')}</p>}
      <ol aria-label={t('supportAccess.looks')} className="flex flex-col gap-1">
        {items.map(({ at, route, objects }) => (
          <li key={`${at} ${route} ${objects.join(' ')}`}>
            <span>{fullTime(new Date(at), i18n.language)}</span>{' '}
            <code dir="ltr" className="break-all">
              {route} {objects.join(' ')}
            </code>
          </li>
        ))}
      </ol>
      {looks.hasNextPage && (
        <Button small disabled={looks.isFetchingNextPage} onClick={() => void looks.fetchNextPage()}>
          {t('supportAccess.more')}
        </Button>
      )}
    </div>
  );
}
