import {
  CircleQuestionMark,
  Contact,
  FileText,
  Image,
  Info,
  type LucideIcon,
  MapPin,
  MessageSquareReply,
  Mic,
  Music,
  Pencil,
  ShoppingBag,
  SmilePlus,
  SquareMousePointer,
  Sticker,
  Text,
  Trash2,
  Video,
} from 'lucide-react';
import { LayoutTemplate } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import type { Message } from '../api/types.ts';
import { type ContentKind, type ContentView, rawContent, viewContent } from './content.ts';
import { MessageText } from './message-text.tsx';

const ICONS: Record<ContentKind, LucideIcon> = {
  text: Text,
  image: Image,
  video: Video,
  audio: Music,
  voice: Mic,
  document: FileText,
  sticker: Sticker,
  location: MapPin,
  contacts: Contact,
  button: SquareMousePointer,
  interactive: MessageSquareReply,
  reaction: SmilePlus,
  order: ShoppingBag,
  system: Info,
  template: LayoutTemplate,
  edit: Pencil,
  revoke: Trash2,
  unsupported: CircleQuestionMark,
};

/** Text as it was written; everything else as a sign, its kind, and what of it is words. */
export function MessageContent({ message }: { message: Message }) {
  const view = viewContent(message);
  const raw = rawContent(message);
  return (
    <>
      {view.kind !== 'text' && <KindLine view={view} />}
      {view.text !== null && <MessageText text={view.text} large={view.kind === 'reaction'} />}
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
      {raw !== null && <RawContent raw={raw} />}
    </>
  );
}

function KindLine({ view }: { view: ContentView }) {
  const { t } = useTranslation();
  const Icon = ICONS[view.kind];
  const unsupported = view.kind === 'unsupported';
  return (
    <div className="flex items-center gap-2.5 py-1">
      <span className="flex size-9 shrink-0 items-center justify-center rounded-lg bg-black/5 text-accent dark:bg-white/8">
        <Icon aria-hidden className="size-4.5" />
      </span>
      <div className="min-w-0 text-sm">
        <p className="font-medium">
          {unsupported ? (
            <bdi>{t('message.unsupported', { kind: view.rawKind ?? '' })}</bdi>
          ) : (
            t(`kinds.${view.kind}`)
          )}
        </p>
        {unsupported && <p className="text-xs text-muted">{t('message.unsupportedHint')}</p>}
        {view.title !== null && (
          <p dir="auto" className="[overflow-wrap:anywhere] text-muted">
            {view.title}
          </p>
        )}
      </div>
    </div>
  );
}

/** The payload as it came, for whoever needs more than the console shows. */
function RawContent({ raw }: { raw: string }) {
  const { t } = useTranslation();
  return (
    <details className="mt-0.5 text-xs">
      <summary className="inline-flex min-h-6 items-center rounded text-muted underline decoration-dotted hover:text-ink">
        {t('message.raw')}
      </summary>
      <pre
        dir="ltr"
        tabIndex={0}
        className="thin-scroll mt-1 max-h-60 max-w-full overflow-auto rounded-lg bg-black/5 p-2 font-mono text-[0.6875rem] [overflow-wrap:anywhere] whitespace-pre-wrap dark:bg-white/8"
      >
        {raw}
      </pre>
    </details>
  );
}
