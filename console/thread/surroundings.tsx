import { Forward, Megaphone, ShoppingBag } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import type { Message } from '../api/types.ts';
import { CONTENT_KINDS, viewContent } from './content.ts';
import { referralOf } from './content-parts.ts';
import type { Marks, Quote } from './relations.ts';

/** What stands above a message's own words: where it came from, and what it answers. */
export function Above({ message, marks }: { message: Message; marks: Marks }) {
  const { t } = useTranslation();
  return (
    <>
      {marks.forwarded !== null && (
        <p className="flex items-center gap-1.5 text-xs text-muted italic">
          <Forward aria-hidden className="points size-3.5" />
          {t(marks.forwarded === 'forwarded' ? 'message.forwarded' : 'message.forwardedOften')}
        </p>
      )}
      <ReferralCard message={message} />
      {marks.quote !== null && <QuoteLine quote={marks.quote} />}
      {marks.product !== null && (
        <p className="mb-1 flex items-center gap-1.5 text-xs text-muted">
          <ShoppingBag aria-hidden className="size-3.5 shrink-0" />
          <span>
            {t('message.aboutProduct')} <bdi>{marks.product}</bdi>
          </span>
        </p>
      )}
    </>
  );
}

/** The quoted message's side and start; a click goes to it. */
function QuoteLine({ quote }: { quote: Quote }) {
  const { t } = useTranslation();
  const who = quote.direction === null ? null : t(quote.direction === 'out' ? 'message.to' : 'message.from');
  const look =
    'mb-1 block w-full rounded-md border-s-4 border-accent bg-tint px-2 py-1 text-start text-xs text-muted';
  const text = useQuoteText(quote);
  const words = (
    <>
      {who !== null && <span className="block font-semibold text-accent">{who}</span>}
      <span dir="auto" className="line-clamp-2 [overflow-wrap:anywhere]">
        {text}
      </span>
    </>
  );
  const { id } = quote;
  if (id === null) return <div className={look}>{words}</div>;
  return (
    <button
      type="button"
      data-testid="quote"
      title={t('message.toQuoted')}
      onClick={() => showMessage(id)}
      className={`${look} hover:bg-hover`}
    >
      {words}
    </button>
  );
}

/** The quoted message in one line, else its kind, else that it is not here. */
export function useQuoteText({
  message,
  type,
  preview,
}: Pick<Quote, 'message' | 'type' | 'preview'>): string {
  const { t } = useTranslation();
  if (message !== null) {
    const { kind, text, title } = viewContent(message);
    return text ?? title ?? t(`kinds.${kind}`);
  }
  if (preview !== null && preview !== '' && preview !== type) return preview;
  const kind = CONTENT_KINDS.find((one) => one === type);
  return kind === undefined ? t('message.quoteAway') : t(`kinds.${kind}`);
}

/** Scrolls to a message of the thread and lets the reader's keys go on from there. */
function showMessage(id: string): void {
  const element = document.querySelector<HTMLElement>(`[data-key="${CSS.escape(id)}"]`);
  element?.scrollIntoView({ block: 'center', behavior: 'smooth' });
  element?.focus({ preventScroll: true });
}

/** The ad or post that brought the client. */
function ReferralCard({ message }: { message: Message }) {
  const { t } = useTranslation();
  const referral = referralOf(message);
  if (referral === null) return null;
  const { headline, body, link, kind } = referral;
  return (
    <aside data-testid="referral" className="mb-1.5 rounded-lg bg-tint px-2.5 py-1.5 text-sm">
      <p className="flex items-center gap-1.5 text-xs font-medium text-muted">
        <Megaphone aria-hidden className="points size-3.5" />
        {t(kind === 'post' ? 'message.fromPost' : 'message.fromAd')}
      </p>
      {headline !== null && (
        <p dir="auto" className="font-semibold [overflow-wrap:anywhere]">
          {headline}
        </p>
      )}
      {body !== null && (
        <p dir="auto" className="line-clamp-3 [overflow-wrap:anywhere] text-muted">
          {body}
        </p>
      )}
      {link !== null && (
        <a
          href={link}
          dir="ltr"
          target="_blank"
          rel="noopener noreferrer"
          className="one-line text-xs text-tick-read underline underline-offset-2"
        >
          {link}
        </a>
      )}
    </aside>
  );
}

/** The reactions under a bubble. */
export function Reactions({ reactions }: { reactions: string[] }) {
  const { t } = useTranslation();
  if (reactions.length === 0) return null;
  return (
    <span
      role="img"
      data-testid="reactions"
      aria-label={t('message.reactions', { emoji: reactions.join(' ') })}
      className="-mt-1.5 rounded-full border border-line bg-surface px-2 py-0.5 text-sm shadow-xs"
    >
      {reactions.join(' ')}
    </span>
  );
}
