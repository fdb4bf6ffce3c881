import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { CircleAlert, CircleCheck, CircleHelp, CircleX, CloudOff, ListChecks, RefreshCw } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import type { ChannelCheck, CheckPoint } from '../api/types.ts';
import { useWorkspace } from '../app/workspace.ts';
import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { FailureBar, StateMessage } from '../ui/state-message.tsx';
import { fullTime } from '../ui/time.ts';
import { WithCommands } from './commands.tsx';
import { pointWords } from './words.ts';

const checkKey = (channelId: string) => ['channel-check', channelId] as const;

const path = (channelId: string) => `/v1/channels/${encodeURIComponent(channelId)}/check`;
/** Meta is asked several times, and our own address from outside. */
const CHECK_WAIT_MS = 60_000;

/** What the last check of a number found, and a button to check it now. */
export function ChannelCheckPanel({ channelId }: { channelId: string }) {
  const { t, i18n } = useTranslation();
  const { api } = useWorkspace();
  const client = useQueryClient();
  const check = useQuery({
    queryKey: checkKey(channelId),
    queryFn: ({ signal }) => api.request<ChannelCheck>(path(channelId), { signal }),
  });
  const running = useMutation({
    mutationFn: () =>
      api.request<ChannelCheck>(path(channelId), {
        method: 'POST',
        signal: AbortSignal.timeout(CHECK_WAIT_MS),
      }),
    onSuccess: (answer) => client.setQueryData(checkKey(channelId), answer),
  });
  const run = (
    <Button small look="primary" disabled={running.isPending} onClick={() => running.mutate()}>
      <RefreshCw aria-hidden className={`size-4 ${running.isPending ? 'animate-spin' : ''}`} />
      {t(running.isPending ? 'channels.checking' : 'channels.checkNow')}
    </Button>
  );
  const failure = running.isError ? running.error : check.isError ? check.error : null;
  if (check.data === undefined) {
    return check.isPending ? (
      <p role="status" className="p-6 text-muted">
        {t('channels.loading')}
      </p>
    ) : (
      <StateMessage
        icon={CloudOff}
        title={errorText(t, check.error)}
        action={<Button onClick={() => void check.refetch()}>{t('errors.retry')}</Button>}
        alert
      />
    );
  }
  const { at, points } = check.data;
  return (
    <section
      aria-label={t('channels.check')}
      aria-busy={running.isPending}
      className="flex min-h-0 flex-col gap-3"
    >
      {failure !== null && (
        <FailureBar text={errorText(t, failure)} retry={t('errors.retry')} onRetry={() => running.mutate()} />
      )}
      {at === null ? (
        <StateMessage icon={ListChecks} title={t('channels.neverChecked')} action={run}>
          {t('channels.neverCheckedHint')}
        </StateMessage>
      ) : (
        <>
          <div className="flex flex-wrap items-center justify-between gap-2">
            <p role="status" className="text-sm text-muted">
              {t('channels.checkedAt', { time: fullTime(new Date(at), i18n.language) })}
            </p>
            {run}
          </div>
          <ul className="divide-y divide-line overflow-hidden rounded-xl border border-line bg-surface">
            {points.map((point) => (
              <Point key={point.point} point={point} />
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

const SIGNS = {
  ok: { icon: CircleCheck, colour: 'text-good' },
  warn: { icon: CircleAlert, colour: 'text-warn' },
  failed: { icon: CircleX, colour: 'text-bad' },
  unknown: { icon: CircleHelp, colour: 'text-muted' },
} as const;

function Point({ point }: { point: CheckPoint }) {
  const { t, i18n } = useTranslation();
  const { icon: Icon, colour } = SIGNS[point.state];
  const { title, means, todo } = pointWords(point, i18n.language);
  return (
    <li data-point={point.point} data-state={point.state} className="flex gap-3 px-4 py-3">
      <Icon
        role="img"
        aria-label={t(`channels.states.${point.state}`)}
        className={`mt-0.5 size-5 shrink-0 ${colour}`}
      />
      <div className="min-w-0">
        <h3 className="font-semibold">{title}</h3>
        <p dir="auto" className="text-sm text-muted">
          <WithCommands text={means} />
        </p>
        {todo !== null && (
          <p dir="auto" className="mt-1 text-sm">
            <WithCommands text={todo} />
          </p>
        )}
      </div>
    </li>
  );
}
