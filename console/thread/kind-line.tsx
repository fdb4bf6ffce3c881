import { useTranslation } from 'react-i18next';

import type { ContentKind } from './content.ts';
import { KIND_ICONS } from './content-icons.ts';

interface KindLineProps {
  kind: ContentKind;
  /** Instead of the kind's word. */
  word?: string;
  /** Instead of the kind's sign. */
  sign?: string | null;
  title?: string | null;
  hint?: string | null;
}

/** A sign and a word for what is no plain text, with its name and a hint below. */
export function KindLine({ kind, word, sign = null, title = null, hint = null }: KindLineProps) {
  const { t } = useTranslation();
  const Icon = KIND_ICONS[kind];
  return (
    <div className="flex items-center gap-2.5 py-1">
      <span className="flex size-9 shrink-0 items-center justify-center rounded-lg bg-tint text-lg text-accent">
        {sign ?? <Icon aria-hidden className="size-4.5" />}
      </span>
      <div className="min-w-0 text-sm">
        <p className="font-medium">{word ?? t(`kinds.${kind}`)}</p>
        {title !== null && (
          <p dir="auto" className="w-fit max-w-full [overflow-wrap:anywhere] text-muted">
            {title}
          </p>
        )}
        {hint !== null && <p className="text-xs text-muted">{hint}</p>}
      </div>
    </div>
  );
}
