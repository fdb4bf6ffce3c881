import { Reply, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import type { Message } from '../api/types.ts';
import { IconButton } from '../ui/button.tsx';
import { useQuoteText } from './surroundings.tsx';

/** The message that the agent is about to answer. */
export interface Answering {
  conversationId: string;
  message: Message;
}

/** Above the text box: what is answered, and a way to drop that. */
export function AnsweringBar({ message, onDrop }: { message: Message; onDrop: () => void }) {
  const { t } = useTranslation();
  const words = useQuoteText({ message, type: null, preview: null });
  return (
    <div
      data-testid="answering"
      className="mx-auto mb-2 flex max-w-4xl items-center gap-2 rounded-lg border-s-4 border-accent bg-tint px-2 py-1 text-xs"
    >
      <Reply aria-hidden className="points size-4 shrink-0 text-accent" />
      <p className="min-w-0 flex-1 text-muted">
        <span className="block font-semibold text-accent">
          {t(message.direction === 'out' ? 'message.to' : 'message.from')}
        </span>
        <span dir="auto" className="one-line">
          {words}
        </span>
      </p>
      <IconButton label={t('composer.dropAnswer')} className="size-8! hover:bg-hover" onClick={onDrop}>
        <X aria-hidden className="size-4" />
      </IconButton>
    </div>
  );
}
