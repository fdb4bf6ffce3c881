import { PlayCircle } from 'lucide-react';
import type { ReactNode } from 'react';

import type { MessageView } from '../control/views.ts';
import { Picture, Place, Row, TITLES } from './attachments.tsx';
import type { Reply } from './choice-readers.ts';
import { Choices } from './choices.tsx';
import { fieldOf, listOf, textOf } from './fields.ts';

/** The words of a message in one line, for quotes. */
export function summaryOf({ type, content }: MessageView): string {
  const words = textOf(content, 'body') || textOf(content, 'caption') || textOf(content, 'body', 'text');
  return words || answerOf(content) || TITLES[type] || type;
}

/** Title of the button or row that an answer names. */
function answerOf(content: unknown): string {
  return (
    textOf(content, 'text') ||
    textOf(content, 'button_reply', 'title') ||
    textOf(content, 'list_reply', 'title') ||
    textOf(content, 'nfm_reply', 'body') ||
    textOf(content, 'call_permission_reply', 'response')
  );
}

const Text = ({ children }: { children: string }) => (
  <p dir="auto" className="message-text">
    {children}
  </p>
);

interface ContentProps {
  message: MessageView;
  onReply: (reply: Reply) => void;
  /** The person listens to a voice message of the business. */
  onPlay: () => void;
}

/** The inside of a bubble, by type; what nobody knows is shown as it came. */
export function Content({ message, onReply, onPlay }: ContentProps): ReactNode {
  const { type, content, direction } = message;
  switch (type) {
    case 'text':
      return <Text>{textOf(content, 'body')}</Text>;
    case 'image':
    case 'video':
    case 'sticker':
      return <Picture type={type} content={content} />;
    case 'audio':
      return <Voice content={content} onPlay={direction === 'in' ? onPlay : null} />;
    case 'document':
      return <Document content={content} />;
    case 'location':
      return <Place content={content} />;
    case 'contacts':
      return listOf({ content }, 'content').map((person, index) => (
        <Row
          key={index}
          type={type}
          title={textOf(person, 'name', 'formatted_name') || 'Contact'}
          detail={textOf(listOf(person, 'phones')[0], 'phone')}
        />
      ));
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
      return <Template content={content} onReply={onReply} />;
    case 'system':
      return <Text>{textOf(content, 'body')}</Text>;
    case 'edit':
      return <Row type={type} title="Edited an earlier message" detail={editedText(content)} />;
    case 'revoke':
      return <Row type={type} title="Deleted an earlier message" detail="" />;
    case 'pin':
      return (
        <Row type={type} title={textOf(content, 'type') === 'unpin' ? 'Unpinned' : 'Pinned'} detail="" />
      );
    case 'unsupported':
      return <Row type={type} title="Unsupported message" detail={textOf(content, 'type')} />;
    default:
      return <Unknown type={type} content={content} />;
  }
}

const editedText = (content: unknown): string =>
  textOf(content, 'message', 'text', 'body') || textOf(content, 'message', 'image', 'caption');

function Voice({ content, onPlay }: { content: unknown; onPlay: (() => void) | null }) {
  const title = fieldOf(content, 'voice') === false ? 'Audio' : 'Voice message';
  const id = textOf(content, 'id');
  if (id !== '' && onPlay !== null) {
    return (
      <audio
        controls
        preload="none"
        aria-label={title}
        src={`control/media/${encodeURIComponent(id)}`}
        onPlay={onPlay}
        className="w-60 max-w-full"
      />
    );
  }
  return (
    <div className="flex items-center gap-2">
      <Row type="audio" title={title} detail={textOf(content, 'link')} />
      {onPlay !== null && (
        <button
          type="button"
          aria-label={`Play: ${title}`}
          onClick={onPlay}
          className="grid size-11 place-items-center rounded-full text-leaf hover:bg-black/5"
        >
          <PlayCircle className="size-7" aria-hidden />
        </button>
      )}
    </div>
  );
}

function Document({ content }: { content: unknown }) {
  const title = textOf(content, 'filename') || 'Document';
  const row = <Row type="document" title={title} detail={textOf(content, 'caption')} />;
  const id = textOf(content, 'id');
  if (id === '') return row;
  return (
    <a href={`control/media/${encodeURIComponent(id)}`} download={title} className="block hover:underline">
      {row}
    </a>
  );
}

function Interactive({ content, onReply }: { content: unknown; onReply: (reply: Reply) => void }) {
  const answer = answerOf(content);
  if (answer !== '') return <Text>{answer}</Text>;
  return (
    <>
      <Header header={fieldOf(content, 'header')} />
      <Text>{textOf(content, 'body', 'text')}</Text>
      {textOf(content, 'footer', 'text') !== '' && (
        <p dir="auto" className="message-text text-xs text-neutral-500">
          {textOf(content, 'footer', 'text')}
        </p>
      )}
      <Choices type="interactive" content={content} onReply={onReply} />
    </>
  );
}

/** Words, or a picture, video or document, above a message or a template. */
function Header({ header }: { header: unknown }) {
  const type = textOf(header, 'type');
  if (type === 'text') {
    return (
      <p dir="auto" className="message-text font-semibold">
        {textOf(header, 'text')}
      </p>
    );
  }
  if (type === 'image' || type === 'video') return <Picture type={type} content={fieldOf(header, type)} />;
  if (type === 'document') {
    return <Row type={type} title={textOf(header, type, 'filename') || 'Document'} detail="" />;
  }
  return null;
}

/** A template's words are in Meta's store; here are its name and what was filled in. */
function Template({ content, onReply }: { content: unknown; onReply: (reply: Reply) => void }) {
  const parameters = (type: string): unknown[] =>
    listOf(content, 'components')
      .filter((component) => textOf(component, 'type') === type)
      .flatMap((component) => listOf(component, 'parameters'));
  const filled = [...parameters('header'), ...parameters('body')].map(
    (parameter) =>
      textOf(parameter, 'text') ||
      textOf(parameter, 'currency', 'fallback_value') ||
      textOf(parameter, 'date_time', 'fallback_value'),
  );
  const shown = fieldOf(content, 'shown');
  if (shown !== undefined && shown !== null) {
    return (
      <>
        {parameters('header')
          .filter((header) => textOf(header, 'type') !== 'text')
          .map((header, index) => (
            <Header key={index} header={header} />
          ))}
        {textOf(shown, 'header') !== '' && (
          <p dir="auto" className="message-text font-semibold">
            {textOf(shown, 'header')}
          </p>
        )}
        <Text>{textOf(shown, 'body')}</Text>
        {textOf(shown, 'footer') !== '' && (
          <p dir="auto" className="message-text text-xs text-neutral-500">
            {textOf(shown, 'footer')}
          </p>
        )}
        <Choices type="template" content={content} onReply={onReply} />
      </>
    );
  }
  return (
    <>
      <p className="text-xs font-medium text-leaf">Template · {textOf(content, 'language', 'code')}</p>
      {parameters('header').map((header, index) => (
        <Header key={index} header={header} />
      ))}
      <Text>{[textOf(content, 'name'), ...filled.filter((word) => word !== '')].join('\n')}</Text>
      <Choices type="template" content={content} onReply={onReply} />
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
