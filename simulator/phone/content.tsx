import type { LucideIcon } from 'lucide-react';
import {
  CircleHelp,
  ContactRound,
  FileText,
  Image,
  MapPin,
  Mic,
  ShoppingBag,
  Smile,
  SquareMousePointer,
  Video,
} from 'lucide-react';
import type { ReactNode } from 'react';

import type { MessageView } from '../control/views.ts';
import type { Reply } from './choices.tsx';
import { Choices } from './choices.tsx';
import { fieldOf, listOf, textOf } from './fields.ts';

const ICONS: Record<string, LucideIcon> = {
  image: Image,
  video: Video,
  audio: Mic,
  document: FileText,
  sticker: Smile,
  location: MapPin,
  contacts: ContactRound,
  order: ShoppingBag,
  button: SquareMousePointer,
  unsupported: CircleHelp,
};

const TITLES: Record<string, string> = {
  image: 'Photo',
  video: 'Video',
  audio: 'Voice message',
  document: 'Document',
  sticker: 'Sticker',
  location: 'Location',
  contacts: 'Contact',
  order: 'Order',
  system: 'System message',
  unsupported: 'Unsupported message',
};

/** The words of a message in one line, for quotes. */
export function summaryOf({ type, content }: MessageView): string {
  const words = textOf(content, 'body') || textOf(content, 'caption') || textOf(content, 'body', 'text');
  return words || answerOf(content) || TITLES[type] || type;
}

/** Title of the button or row that an interactive reply names. */
function answerOf(content: unknown): string {
  return (
    textOf(content, 'text') ||
    textOf(content, 'button_reply', 'title') ||
    textOf(content, 'list_reply', 'title') ||
    textOf(content, 'nfm_reply', 'body')
  );
}

const Text = ({ children }: { children: string }) => (
  <p dir="auto" className="message-text">
    {children}
  </p>
);

/** The inside of a bubble, by type; what nobody knows is shown as it came. */
export function Content({
  message,
  onReply,
}: {
  message: MessageView;
  onReply: (reply: Reply) => void;
}): ReactNode {
  const { type, content } = message;
  switch (type) {
    case 'text':
      return <Text>{textOf(content, 'body')}</Text>;
    case 'image':
    case 'video':
    case 'sticker':
      return <Picture type={type} content={content} />;
    case 'audio':
      return <Row type={type} title="Voice message" detail="0:07" />;
    case 'document':
      return (
        <Row
          type={type}
          title={textOf(content, 'filename') || 'Document'}
          detail={textOf(content, 'caption')}
        />
      );
    case 'location':
      return <Place content={content} />;
    case 'contacts':
      return (
        <Row
          type={type}
          title={contactName(content)}
          detail={textOf(listOf(listOf({ content }, 'content')[0], 'phones')[0], 'phone')}
        />
      );
    case 'order':
      return (
        <Row
          type={type}
          title={`Order of ${listOf(content, 'product_items').length} item(s)`}
          detail={textOf(content, 'text')}
        />
      );
    case 'button':
      return <Text>{answerOf(content)}</Text>;
    case 'interactive':
      return <Interactive content={content} onReply={onReply} />;
    case 'template':
      return <Template content={content} />;
    case 'system':
      return <Text>{textOf(content, 'body')}</Text>;
    case 'unsupported':
      return <Row type={type} title="Unsupported message" detail={textOf(content, 'type')} />;
    default:
      return <Unknown type={type} content={content} />;
  }
}

const contactName = (content: unknown): string =>
  textOf(listOf({ content }, 'content')[0], 'name', 'formatted_name') || 'Contact';

function Row({ type, title, detail }: { type: string; title: string; detail: string }) {
  const Icon = ICONS[type] ?? CircleHelp;
  return (
    <div className="flex items-center gap-2.5 py-1">
      <span className="grid size-10 shrink-0 place-items-center rounded-lg bg-black/5 text-leaf">
        <Icon className="size-5" aria-hidden />
      </span>
      <div className="min-w-0">
        <p dir="auto" className="message-text font-medium">
          {title}
        </p>
        {detail !== '' && (
          <p dir="auto" className="message-text text-sm text-neutral-600">
            {detail}
          </p>
        )}
      </div>
    </div>
  );
}

function Picture({ type, content }: { type: string; content: unknown }) {
  const Icon = ICONS[type] ?? Image;
  const caption = textOf(content, 'caption');
  const link = textOf(content, 'link');
  return (
    <figure className="w-56 max-w-full">
      <div className="grid h-32 place-items-center rounded-lg bg-linear-to-br from-sky-200 via-teal-200 to-emerald-300 text-white">
        <Icon className="size-10 drop-shadow" aria-label={TITLES[type]} />
      </div>
      {link !== '' && (
        <bdi dir="ltr" className="block truncate pt-1 text-xs text-neutral-500">
          {link}
        </bdi>
      )}
      {caption !== '' && (
        <figcaption dir="auto" className="message-text pt-1">
          {caption}
        </figcaption>
      )}
    </figure>
  );
}

function Place({ content }: { content: unknown }) {
  return (
    <div className="w-56 max-w-full">
      <div className="grid h-24 place-items-center rounded-lg bg-[linear-gradient(115deg,#d7ecd4_35%,#f6f2e6_35%_42%,#d7ecd4_42%_70%,#cfe3f5_70%)]">
        <MapPin className="size-8 fill-red-500 text-white" aria-hidden />
      </div>
      <p dir="auto" className="message-text pt-1 font-medium">
        {textOf(content, 'name') || `${textOf(content, 'latitude')}, ${textOf(content, 'longitude')}`}
      </p>
      <p dir="auto" className="message-text text-sm text-neutral-600">
        {textOf(content, 'address')}
      </p>
    </div>
  );
}

function Interactive({ content, onReply }: { content: unknown; onReply: (reply: Reply) => void }) {
  const answer = answerOf(content);
  if (answer !== '') return <Text>{answer}</Text>;
  return (
    <>
      {textOf(content, 'header', 'text') !== '' && (
        <p dir="auto" className="message-text font-semibold">
          {textOf(content, 'header', 'text')}
        </p>
      )}
      <Text>{textOf(content, 'body', 'text')}</Text>
      {textOf(content, 'footer', 'text') !== '' && (
        <p dir="auto" className="message-text text-xs text-neutral-500">
          {textOf(content, 'footer', 'text')}
        </p>
      )}
      <Choices content={content} onReply={onReply} />
    </>
  );
}

/** A template's words are in Meta's store; here are its name and what was filled in. */
function Template({ content }: { content: unknown }) {
  const filled = listOf(content, 'components').flatMap((component) =>
    listOf(component, 'parameters').map((parameter) => textOf(parameter, 'text')),
  );
  return (
    <>
      <p className="text-xs font-medium text-leaf">Template · {textOf(content, 'language', 'code')}</p>
      <Text>{[textOf(content, 'name'), ...filled.filter((word) => word !== '')].join('\n')}</Text>
    </>
  );
}

function Unknown({ type, content }: { type: string; content: unknown }) {
  return (
    <>
      <p className="text-xs font-medium text-leaf">{type}</p>
      <pre
        dir="ltr"
        className="max-h-40 overflow-auto rounded-md bg-black/5 p-2 font-mono text-xs whitespace-pre-wrap"
      >
        {JSON.stringify(fieldOf({ content }, 'content'), null, 2)}
      </pre>
    </>
  );
}
