import { useMutation } from '@tanstack/react-query';
import { Reply, SmilePlus } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Message, ReactionBody } from '../api/types.ts';
import { useWorkspace } from '../app/workspace.ts';
import { IconButton } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';

const EMOJI = ['👍', '❤️', '😂', '😮', '🙏', '🎉'];

/** Types that nothing is said about. */
const SILENT: ReadonlySet<string> = new Set(['reaction', 'edit', 'revoke', 'system']);

/**
 * Beside a message: answer it, react to it. Seen on hover, with the keyboard, and always where there is no pointer.
 * WhatsApp takes reactions to a client's messages only.
 */
export function MessageActions({ message }: { message: Message }) {
  const { t } = useTranslation();
  const { me, answering } = useWorkspace();
  const [choosing, setChoosing] = useState(false);
  const { wamid, direction, type } = message;
  const possible = wamid !== null && message.revoked === undefined && message.erased !== true;
  if (!possible || SILENT.has(type) || !me.scopes.includes('messages:send')) return null;
  const close = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') setChoosing(false);
  };
  const seen = choosing
    ? ''
    : 'opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-60';
  return (
    <div className={`flex shrink-0 flex-col text-muted ${seen}`} onKeyDown={close}>
      <div className="flex">
        <IconButton
          label={t('message.answer')}
          data-testid="answer"
          className="size-8! hover:bg-hover"
          onClick={() => answering.set({ conversationId: message.conversationId, message })}
        >
          <Reply aria-hidden className="points size-4" />
        </IconButton>
        {direction === 'in' && (
          <IconButton
            label={t('message.react')}
            data-testid="react"
            aria-expanded={choosing}
            className="size-8! hover:bg-hover"
            onClick={() => setChoosing(!choosing)}
          >
            <SmilePlus aria-hidden className="size-4" />
          </IconButton>
        )}
      </div>
      {choosing && <EmojiChoice message={message} wamid={wamid} onDone={() => setChoosing(false)} />}
    </div>
  );
}

/** The emoji to choose from; what the server or WhatsApp says against it stands below them. */
function EmojiChoice({ message, wamid, onDone }: { message: Message; wamid: string; onDone: () => void }) {
  const { t } = useTranslation();
  const { api, change } = useWorkspace();
  const reaction = useMutation({
    mutationFn: (emoji: string) => {
      const body: ReactionBody = { type: 'reaction', reaction: { message_id: wamid, emoji } };
      const path = `/v1/conversations/${encodeURIComponent(message.conversationId)}/messages`;
      const idempotencyKey = crypto.randomUUID();
      return change(() => api.request<Message>(path, { method: 'POST', body, idempotencyKey }));
    },
    onSuccess: onDone,
  });
  const own = message.reactions?.find(({ direction }) => direction === 'out')?.emoji;
  return (
    <div
      role="group"
      aria-label={t('message.react')}
      className="z-[1] mt-1 w-max max-w-56 rounded-xl border border-line bg-surface p-1 shadow-lg"
    >
      <div className="flex flex-wrap">
        {EMOJI.map((emoji, index) => (
          <button
            key={emoji}
            type="button"
            autoFocus={index === 0}
            aria-pressed={own === emoji}
            disabled={reaction.isPending}
            onClick={() => reaction.mutate(own === emoji ? '' : emoji)}
            className="size-8 rounded-lg text-lg hover:bg-hover aria-pressed:bg-selected"
          >
            {emoji}
          </button>
        ))}
      </div>
      {reaction.isError && (
        <p role="alert" dir="auto" className="px-1 pb-1 text-xs text-bad">
          {errorText(t, reaction.error)}
        </p>
      )}
    </div>
  );
}
