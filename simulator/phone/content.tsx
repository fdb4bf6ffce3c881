import type { ReactNode } from 'react';

import type { MessageView } from '../control/views.ts';
import { Picture, Place, Row, TITLES } from './attachments.tsx';
import type { Reply } from './choices.tsx';
import { Choices } from './choices.tsx';
import { fieldOf, listOf, textOf } from './fields.ts';

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
