import { useTranslation } from 'react-i18next';

import type { Message } from '../api/types.ts';
import { People, PlaceLink } from './cards.tsx';
import { type ContentView, reasonsOf, viewContent } from './content.ts';
import { FileCard, isFile } from './file-card.tsx';
import { KindLine } from './kind-line.tsx';
import { MessageText } from './message-text.tsx';
import { Offer } from './offer.tsx';
import { OrderTable } from './order-table.tsx';

/** Text as it was written; everything else as a sign, its kind, and what of it is words. */
export function MessageContent({ message }: { message: Message }) {
  const { t } = useTranslation();
  const view = viewContent(message);
  return (
    <>
      <Head message={message} view={view} />
      {view.kind === 'location' && <PlaceLink place={view.place} title={view.title} text={view.text} />}
      {view.kind !== 'location' && view.text !== null && <MessageText text={view.text} />}
      {view.footer !== null && (
        <p dir="auto" className="mt-0.5 text-xs [overflow-wrap:anywhere] text-muted">
          {view.footer}
        </p>
      )}
      <People people={view.people} />
      <OrderTable items={view.order} />
      {view.answers.length > 0 && <Answers answers={view.answers} />}
      {view.kind === 'template' && view.text === null && (
        <p className="text-xs text-muted">{t('message.templateHint')}</p>
      )}
      <Offer choices={view.choices} />
    </>
  );
}

/** Kinds whose names stand in their own list below. */
const listsItself = ({ kind, people }: ContentView): boolean => kind === 'location' || people.length > 0;

/** What stands above the words. */
function Head({ message, view }: { message: Message; view: ContentView }) {
  const { t } = useTranslation();
  switch (view.kind) {
    case 'text':
      return null;
    case 'interactive':
      return <Asked view={view} />;
    case 'pin':
      return <KindLine kind="pin" {...(view.rawKind === 'unpin' ? { word: t('unpinned') } : {})} />;
    case 'revoked':
      return <KindLine kind="revoked" hint={t('message.revokedHint')} />;
    case 'call':
      return (
        <KindLine
          kind="call"
          hint={t(view.rawKind === 'accept' ? 'message.callAccepted' : 'message.callRejected')}
        />
      );
    case 'reaction':
      return (
        <KindLine
          kind="reaction"
          sign={view.emoji}
          hint={view.emoji === null ? t('message.reactionGone') : null}
        />
      );
    case 'unsupported':
      return <Unsupported message={message} kind={view.rawKind ?? ''} />;
    default:
      if (isFile(view.kind)) return <FileCard message={message} view={view} />;
      return (
        <>
          <KindLine kind={view.kind} title={listsItself(view) ? null : view.title} />
          {view.attached !== null && <KindLine kind={view.attached.kind} title={view.attached.name} />}
        </>
      );
  }
}

/** What it asks or offers, in a word; the file at its top, and its title. */
function Asked({ view: { asks, attached, title } }: { view: ContentView }) {
  const { t } = useTranslation();
  return (
    <>
      {asks !== null && <p className="text-xs font-medium text-muted">{t(`interactive.${asks}`)}</p>}
      {attached !== null && <KindLine kind={attached.kind} title={attached.name} />}
      {title !== null && (
        <p dir="auto" className="font-semibold [overflow-wrap:anywhere]">
          {title}
        </p>
      )}
    </>
  );
}

/** Something that the console, the server or WhatsApp itself cannot show; the raw content is below. */
function Unsupported({ message, kind }: { message: Message; kind: string }) {
  const { t } = useTranslation();
  const reasons = reasonsOf(message);
  return (
    <>
      <KindLine
        kind="unsupported"
        word={t('message.unsupported', { kind })}
        hint={t('message.unsupportedHint')}
      />
      {reasons.map((reason) => (
        <p key={reason} dir="auto" className="text-xs [overflow-wrap:anywhere] text-muted">
          {reason}
        </p>
      ))}
    </>
  );
}

/** What was filled into a form. */
function Answers({ answers }: { answers: [string, string][] }) {
  return (
    <dl className="mt-1 grid grid-cols-[auto_1fr] gap-x-3 gap-y-0.5 rounded-lg bg-tint px-2.5 py-1.5 text-sm">
      {answers.map(([name, answer]) => (
        <div key={name} className="contents">
          <dt dir="auto" className="text-muted">
            {name}
          </dt>
          <dd dir="auto" className="[overflow-wrap:anywhere]">
            {answer}
          </dd>
        </div>
      ))}
    </dl>
  );
}
