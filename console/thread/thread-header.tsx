import { useQuery } from '@tanstack/react-query';
import { ArrowLeft, MegaphoneOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import type { Conversation } from '../api/types.ts';
import { openConversation } from '../app/use-route.ts';
import { useWorkspace } from '../app/workspace.ts';
import { Avatar } from '../inbox/avatar.tsx';
import { ContactName } from '../inbox/contact-name.tsx';
import { WindowChip } from '../inbox/window-chip.tsx';
import { wantsNoMarketing } from '../templates/marketing.ts';
import { IconButton } from '../ui/button.tsx';
import { Chip } from '../ui/chip.tsx';
import { useNow } from '../ui/use-now.ts';
import { Holder } from './holder.tsx';

/** Who the conversation is with, through which number, its state and its window. */
export function ThreadHeader({ conversation }: { conversation: Conversation | undefined }) {
  const { t } = useTranslation();
  const { serverNow } = useWorkspace();
  const now = useNow(15_000, serverNow);
  return (
    <header className="flex min-h-16 items-center gap-3 border-b border-line bg-surface px-2 py-2 md:px-5">
      <IconButton
        label={t('thread.back')}
        onClick={() => openConversation(null)}
        className="hover:bg-hover md:hidden"
      >
        <ArrowLeft aria-hidden className="points size-5" />
      </IconButton>
      {conversation !== undefined && (
        <>
          <Avatar contact={conversation.contact} large />
          <div className="min-w-0 flex-1">
            <h2 className="leading-5 font-semibold">
              {conversation.group === true ? (
                <GroupName conversation={conversation} />
              ) : (
                <ContactName contact={conversation.contact} />
              )}
            </h2>
            <p className="one-line text-xs text-muted">
              <SecondLine conversation={conversation} />
            </p>
          </div>
          <div className="flex flex-col items-end gap-1 sm:flex-row sm:items-center sm:gap-1.5">
            <Holder conversation={conversation} />
            <MarketingChip conversation={conversation} />
            <WindowChip expiresAt={conversation.windowExpiresAt} now={now} />
          </div>
        </>
      )}
    </header>
  );
}

/** What the group is called and how many are in it, as far as WhatsApp has told. */
function GroupName({ conversation: { id } }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const { api } = useWorkspace();
  const group = useQuery({
    queryKey: ['group', id],
    staleTime: 0, // the feed tells of lines, not of members
    queryFn: ({ signal }) =>
      api.request<{ subject: string | null; members: unknown[] }>(
        `/v1/conversations/${encodeURIComponent(id)}/group`,
        { signal },
      ),
  });
  const subject = group.data?.subject ?? null;
  const count = group.data?.members.length ?? 0;
  return (
    <span className="flex items-baseline gap-2">
      {subject === null ? <ContactName contact={null} group /> : <bdi className="one-line">{subject}</bdi>}
      {count > 0 && (
        <span className="shrink-0 text-xs font-normal text-muted">{t('thread.members', { count })}</span>
      )}
    </span>
  );
}

/** Seen when the client stopped marketing from this number. */
function MarketingChip({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  if (!wantsNoMarketing(conversation)) return null;
  return (
    <Chip tone="warn" icon={MegaphoneOff} title={t('templates.noMarketingHint')}>
      {t('templates.noMarketing')}
    </Chip>
  );
}

/** The client's number, unless there is none, and the number of ours that they wrote to. */
function SecondLine({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const { contact, channel } = conversation;
  const phone = contact?.phone ?? null;
  return (
    <>
      {phone !== null && (
        <>
          <bdi dir="ltr">{phone}</bdi>
          <span aria-hidden> · </span>
        </>
      )}
      <span title={channel.displayNumber}>
        {t('thread.via')}{' '}
        <bdi dir={channel.name === '' ? 'ltr' : 'auto'}>{channel.name || channel.displayNumber}</bdi>
      </span>
    </>
  );
}
