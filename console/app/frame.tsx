import { useEffect } from 'react';

import { PendingPage } from '../account/pending-page.tsx';
import { useConversations } from '../api/queries.ts';
import { AuditPage } from '../audit/audit-page.tsx';
import { ChannelsPage } from '../channels/channels-page.tsx';
import { InboxPane } from '../inbox/inbox-pane.tsx';
import { itemsOf } from '../live/sorted-pages.ts';
import { NoThread } from '../thread/no-thread.tsx';
import { Thread } from '../thread/thread.tsx';
import { documentTitle } from './document-title.ts';
import { settingsPages } from './pages.ts';
import { Rail } from './rail.tsx';
import { useAuditPage, useChannelsPage, useOpenConversation, useSettingsPage } from './use-route.ts';
import { useWorkspace } from './workspace.ts';

/** What the person must do first; then the work. */
export function Frame({ onSignOut }: { onSignOut: () => void }) {
  const { me } = useWorkspace();
  return me.pending.length > 0 ? (
    <div className="flex h-dvh">
      <PendingPage onSignOut={onSignOut} />
    </div>
  ) : (
    <WorkFrame onSignOut={onSignOut} />
  );
}

/** Rail, list and thread; on a narrow screen the list or the thread. */
function WorkFrame({ onSignOut }: { onSignOut: () => void }) {
  const openId = useOpenConversation();
  const channelsPage = useChannelsPage();
  const isAuditPage = useAuditPage();
  const settingsName = useSettingsPage();
  const { me } = useWorkspace();
  const settings = settingsPages(me).find(({ name }) => name === settingsName);
  const waitingList = useConversations('PENDING');
  const waiting = itemsOf(waitingList.data).length;
  const more = waitingList.hasNextPage;

  useEffect(() => {
    document.title = documentTitle(waiting, more);
    return () => {
      document.title = documentTitle(0, false);
    };
  }, [waiting, more]);

  const narrow = openId === null ? { list: 'flex', thread: 'hidden' } : { list: 'hidden', thread: 'flex' };
  const rail = (
    <Rail
      onSignOut={onSignOut}
      waiting={waiting}
      more={more}
      hiddenWhenNarrow={openId !== null}
      page={settings ? 'settings' : isAuditPage ? 'audit' : channelsPage === null ? 'inbox' : 'channels'}
    />
  );
  if (settings !== undefined) {
    return (
      <div className="flex h-dvh flex-col-reverse overflow-hidden bg-canvas md:flex-row">
        {rail}
        <settings.Page />
      </div>
    );
  }
  if (isAuditPage) {
    return (
      <div className="flex h-dvh flex-col-reverse overflow-hidden bg-canvas md:flex-row">
        {rail}
        <AuditPage />
      </div>
    );
  }
  if (channelsPage !== null) {
    return (
      <div className="flex h-dvh flex-col-reverse overflow-hidden bg-canvas md:flex-row">
        {rail}
        <ChannelsPage openId={channelsPage.channelId} />
      </div>
    );
  }
  return (
    <div className="flex h-dvh flex-col-reverse overflow-hidden bg-canvas md:flex-row">
      {rail}
      <div
        className={`${narrow.list} min-h-0 w-full flex-1 flex-col border-line bg-surface md:flex md:w-80 md:flex-none md:border-e xl:w-[23.75rem]`}
      >
        <InboxPane openId={openId} waiting={waiting} moreWaiting={more} />
      </div>
      <div className={`${narrow.thread} min-h-0 min-w-0 flex-1 flex-col md:flex`}>
        {openId === null ? <NoThread /> : <Thread key={openId} conversationId={openId} />}
      </div>
    </div>
  );
}
