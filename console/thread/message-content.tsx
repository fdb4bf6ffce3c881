import { useTranslation } from 'react-i18next';

import type { ContentView } from './content.ts';
import { KIND_ICONS } from './content-icons.ts';
import { MessageText } from './message-text.tsx';

/** Text as it was written; everything else as a sign, its kind, and what of it is words. */
export function MessageContent({ view }: { view: ContentView }) {
  return (
    <>
      {view.kind !== 'text' && <KindLine view={view} />}
      {view.text !== null && <MessageText text={view.text} />}
      {view.choices.length > 0 && (
        <ul className="mt-1.5 space-y-1">
          {view.choices.map((choice, index) => (
            <li
              key={index}
              dir="auto"
              className="rounded-lg border border-current/15 px-2.5 py-1 text-center text-sm text-accent"
            >
              {choice}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function KindLine({ view }: { view: ContentView }) {
  const { t } = useTranslation();
  const Icon = KIND_ICONS[view.kind];
  const unsupported = view.kind === 'unsupported';
  const word = unsupported ? t('message.unsupported', { kind: view.rawKind ?? '' }) : t(`kinds.${view.kind}`);
  return (
    <div className="flex items-center gap-2.5 py-1">
      <span className="flex size-9 shrink-0 items-center justify-center rounded-lg bg-tint text-lg text-accent">
        {view.emoji ?? <Icon aria-hidden className="size-4.5" />}
      </span>
      <div className="min-w-0 text-sm">
        <p className="font-medium">{word}</p>
        {unsupported && <p className="text-xs text-muted">{t('message.unsupportedHint')}</p>}
        {view.title !== null && (
          <p dir="auto" className="w-fit max-w-full [overflow-wrap:anywhere] text-muted">
            {view.title}
          </p>
        )}
      </div>
    </div>
  );
}
