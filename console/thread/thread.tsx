import { CloudOff, SearchX } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { ApiProblem } from '../api/client.ts';
import { useConversation, useMessages } from '../api/queries.ts';
import { openConversation } from '../app/use-route.ts';
import { contactLabel } from '../inbox/people.ts';
import { itemsOf } from '../live/sorted-pages.ts';
import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { FailureBar, StateMessage } from '../ui/state-message.tsx';
import { Composer } from './composer.tsx';
import { LiveBanner } from './live-banner.tsx';
import { MessageLog } from './message-log.tsx';
import { ThreadHeader } from './thread-header.tsx';
import { ThreadSkeleton } from './thread-skeleton.tsx';
import { useSeen } from './use-seen.ts';

/** One conversation: who, what was said, and the place to answer. */
export function Thread({ conversationId }: { conversationId: string }) {
  const { t } = useTranslation();
  const conversation = useConversation(conversationId);
  const messages = useMessages(conversationId);
  const failure =
    conversation.data === undefined ? conversation.error : messages.data === undefined && messages.error;

  const retry = (): void => {
    if (conversation.isError) void conversation.refetch();
    if (messages.isError) void messages.refetch();
  };
  const name = contactLabel(conversation.data?.contact ?? null).text || t('inbox.unknownContact');
  const newestFirst = itemsOf(messages.data);
  useSeen(conversationId, newestFirst.find(({ direction }) => direction === 'in')?.id);
  return (
    <main data-testid="thread" data-id={conversationId} className="flex min-h-0 flex-1 flex-col">
      <ThreadHeader conversation={conversation.data} />
      <LiveBanner />
      {failure ? (
        <ThreadFailure error={failure} onRetry={retry} />
      ) : messages.data === undefined || conversation.data === undefined ? (
        <ThreadSkeleton />
      ) : (
        <>
          {messages.isRefetchError && (
            <FailureBar
              text={t('thread.stale')}
              retry={t('thread.retry')}
              onRetry={() => void messages.refetch()}
            />
          )}
          <MessageLog
            conversationId={conversationId}
            label={t('thread.label', { name })}
            newestFirst={newestFirst}
            older={{
              exists: messages.hasNextPage,
              loading: messages.isFetchingNextPage,
              failed: messages.isFetchNextPageError,
              load: () => void messages.fetchNextPage(),
            }}
          />
          <Composer conversation={conversation.data} newestFirst={newestFirst} />
        </>
      )}
    </main>
  );
}

function ThreadFailure({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const { t } = useTranslation();
  if (error instanceof ApiProblem && error.status === 404) {
    const back = <Button onClick={() => openConversation(null)}>{t('thread.back')}</Button>;
    return (
      <StateMessage icon={SearchX} title={t('thread.notFound')} action={back} alert>
        {t('thread.notFoundHint')}
      </StateMessage>
    );
  }
  const again = <Button onClick={onRetry}>{t('thread.retry')}</Button>;
  return (
    <StateMessage icon={CloudOff} title={t('thread.failed')} action={again} alert>
      {errorText(t, error)}
    </StateMessage>
  );
}
