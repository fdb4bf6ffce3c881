import { useMutation, useQuery } from '@tanstack/react-query';
import { MessageCircle, Store } from 'lucide-react';
import { Fragment, useEffect, useRef } from 'react';

import type { MessageView } from '../control/views.ts';
import type { Person } from '../people/people.ts';
import type { Business, Outgoing } from './api.ts';
import { getChat, playMessage, readChat, sendMessage } from './api.ts';
import { Bubble } from './bubble.tsx';
import { standing } from './changes.ts';
import type { Reply } from './choice-readers.ts';
import { Composer } from './composer.tsx';
import { textOf } from './fields.ts';
import type { Way } from './tools/api.ts';
import { keys } from './use-changes.ts';

const dayOf = (at: string): string =>
  new Date(at).toLocaleDateString('en-GB', { weekday: 'long', day: 'numeric', month: 'long' });

/** The last reaction of each side to each message; an empty one takes it back. */
function reactionsTo(items: MessageView[]): Map<string, string[]> {
  const latest = new Map<string, { target: string; emoji: string }>();
  for (const { type, content, direction } of items) {
    if (type !== 'reaction') continue;
    const target = textOf(content, 'message_id');
    latest.set(`${direction} ${target}`, { target, emoji: textOf(content, 'emoji') });
  }
  const byTarget = new Map<string, string[]>();
  for (const { target, emoji } of latest.values()) {
    if (emoji !== '') byTarget.set(target, [...(byTarget.get(target) ?? []), emoji]);
  }
  return byTarget;
}

/** Sends `read` for what arrived while somebody looks at the chat. */
function useReading(personId: string, phoneNumberId: string, hasUnread: boolean): void {
  const { mutate } = useMutation({ mutationFn: () => readChat(personId, phoneNumberId) });
  useEffect(() => {
    const look = (): void => {
      if (hasUnread && document.visibilityState === 'visible') mutate();
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, [hasUnread, mutate]);
}

/** One person's chat with one business. */
export function Chat({ person, business, way }: { person: Person; business: Business; way: Way }) {
  const { phoneNumberId } = business;
  const chat = useQuery({
    queryKey: keys.chat(person.id, phoneNumberId),
    queryFn: () => getChat(person.id, phoneNumberId),
    // A typing mark ends by time, of which there is no event.
    refetchInterval: ({ state }) => (state.data?.typing === true ? 3_000 : false),
  });
  const send = useMutation({
    mutationFn: (outgoing: Outgoing) => sendMessage(person.id, phoneNumberId, outgoing, way),
  });
  const play = useMutation({ mutationFn: playMessage });
  const failure = send.error ?? play.error;
  const items = chat.data?.items ?? [];
  useReading(
    person.id,
    phoneNumberId,
    items.some(({ unread }) => unread),
  );
  return (
    <>
      <Header business={business} typing={chat.data?.typing === true} />
      <Messages
        items={items}
        loading={chat.isPending}
        onPlay={(wamid) => play.mutate(wamid)}
        onReply={(reply, wamid) => {
          const context = { from: business.displayNumber.replace(/[^0-9]/g, ''), id: wamid };
          send.mutate({ message: { ...reply, context } });
        }}
      />
      {failure !== null && (
        <p role="alert" className="bg-red-50 px-4 py-2 text-sm text-red-800">
          {failure.message}
        </p>
      )}
      <Composer onSend={(outgoing) => send.mutate(outgoing)} />
    </>
  );
}

function Header({ business: { name, displayNumber }, typing }: { business: Business; typing: boolean }) {
  return (
    <header className="flex items-center gap-3 bg-pine px-4 py-3 text-white">
      <span className="grid size-10 shrink-0 place-items-center rounded-full bg-white/15">
        <Store className="size-5" aria-hidden />
      </span>
      <div className="min-w-0 text-start">
        <h2 dir="auto" className="truncate text-start leading-tight font-semibold">
          <bdi>{name}</bdi>
        </h2>
        <p className="truncate text-xs text-white/80" aria-live="polite">
          {typing ? 'typing…' : <bdi dir="ltr">{displayNumber}</bdi>}
        </p>
      </div>
    </header>
  );
}

interface MessagesProps {
  items: MessageView[];
  loading: boolean;
  onReply: (reply: Reply, wamid: string) => void;
  onPlay: (wamid: string) => void;
}

function Messages({ items, loading, onReply, onPlay }: MessagesProps) {
  const end = useRef<HTMLDivElement>(null);
  const reactions = reactionsTo(items);
  const shown = standing(items.filter(({ type }) => type !== 'reaction'));
  const byWamid = new Map(items.map((item) => [item.wamid, item]));
  useEffect(() => {
    end.current?.scrollIntoView({ block: 'end' });
  }, [items.length]);
  return (
    <div
      className="wallpaper flex min-h-0 flex-1 flex-col gap-1 overflow-y-auto px-3 py-3"
      role="log"
      aria-label="Messages"
    >
      {shown.length === 0 && !loading && <Empty />}
      {shown.map(({ message: item, edited, deleted }, index) => {
        const previous = shown[index - 1]?.message;
        const newDay = previous === undefined || dayOf(previous.at) !== dayOf(item.at);
        return (
          <Fragment key={`${item.wamid} ${index}`}>
            {newDay && (
              <span className="mx-auto my-2 rounded-full bg-white/80 px-3 py-1 text-xs text-neutral-600 shadow-xs">
                {dayOf(item.at)}
              </span>
            )}
            <Bubble
              message={item}
              edited={edited}
              deleted={deleted}
              quoted={item.quotes === null ? undefined : byWamid.get(item.quotes)}
              reactions={reactions.get(item.wamid) ?? []}
              follows={!newDay && previous?.direction === item.direction}
              onReply={(reply) => onReply(reply, item.wamid)}
              onPlay={() => onPlay(item.wamid)}
            />
          </Fragment>
        );
      })}
      <div ref={end} />
    </div>
  );
}

function Empty() {
  return (
    <div className="m-auto flex max-w-60 flex-col items-center gap-3 text-center text-sm text-neutral-600">
      <span className="grid size-14 place-items-center rounded-full bg-white/80 text-leaf">
        <MessageCircle className="size-7" aria-hidden />
      </span>
      <p>No messages yet. Say hello, and the business will see it.</p>
    </div>
  );
}
