import { CloudOff, PhoneOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { useChannels } from '../api/queries.ts';
import type { Channel } from '../api/types.ts';
import { openChannels } from '../app/use-route.ts';
import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { StateMessage } from '../ui/state-message.tsx';
import { ChannelCheckPanel } from './channel-check.tsx';
import { Notices } from './notices.tsx';

/** The numbers of the business, and of one of them what it needs to send and receive. */
export function ChannelsPage({ openId }: { openId: string | null }) {
  const { t } = useTranslation();
  const channels = useChannels();
  const items = channels.data?.items ?? [];
  const open = items.find(({ id }) => id === openId) ?? (items.length === 1 ? items[0] : undefined);
  return (
    <main className="thin-scroll min-h-0 min-w-0 flex-1 overflow-y-auto bg-canvas">
      <div className="mx-auto flex min-h-full max-w-3xl flex-col gap-4 p-4 md:p-8">
        <h1 className="text-xl font-bold">{t('channels.title')}</h1>
        {channels.isPending && (
          <p role="status" className="text-muted">
            {t('channels.loading')}
          </p>
        )}
        {channels.isError && (
          <StateMessage
            icon={CloudOff}
            title={errorText(t, channels.error)}
            action={<Button onClick={() => void channels.refetch()}>{t('errors.retry')}</Button>}
            alert
          />
        )}
        {channels.data !== undefined && items.length === 0 && (
          <StateMessage icon={PhoneOff} title={t('channels.none')}>
            <p>{t('channels.noneHint')}</p>
            <code dir="ltr" className="mt-3 block rounded-lg bg-raised px-3 py-2 text-xs text-ink">
              npx whatsper channel connect --help
            </code>
          </StateMessage>
        )}
        <ul className="grid gap-2 sm:grid-cols-2">
          {items.map((channel) => (
            <li key={channel.id}>
              <Number channel={channel} isOpen={channel.id === open?.id} />
            </li>
          ))}
        </ul>
        {open !== undefined && <ChannelCheckPanel key={open.id} channelId={open.id} />}
        {items.length > 0 && <Notices />}
        {open === undefined && items.length > 0 && <p className="text-muted">{t('channels.choose')}</p>}
      </div>
    </main>
  );
}

function Number({ channel, isOpen }: { channel: Channel; isOpen: boolean }) {
  const { t } = useTranslation();
  const look = isOpen ? 'border-accent bg-selected' : 'border-line bg-surface hover:bg-hover';
  return (
    <button
      type="button"
      aria-pressed={isOpen}
      onClick={() => openChannels(channel.id)}
      className={`w-full rounded-xl border px-4 py-3 text-start ${look}`}
    >
      <span dir="auto" className="one-line font-semibold">
        {channel.name}
      </span>
      <bdi dir="ltr" className="text-sm text-muted tabular-nums">
        +{channel.displayNumber}
      </bdi>
      {channel.status === 'paused' && (
        <span className="block text-sm text-bad">
          {t('channels.paused', { reason: channel.pausedReason ?? '' })}
        </span>
      )}
    </button>
  );
}
