import { ExternalLink, Reply as ReplyIcon } from 'lucide-react';
import { Fragment } from 'react';

import { Picture } from './attachments.tsx';
import type { Choice, Reply } from './choice-readers.ts';
import { choicesOf } from './choice-readers.ts';
import { fieldOf, textOf } from './fields.ts';

interface ChoicesProps {
  /** Type of the message. */
  type: string;
  content: unknown;
  onReply: (reply: Reply) => void;
}

/** What a message of the business offers to press; a tap answers it as WhatsApp would. */
export function Choices({ type, content, onReply }: ChoicesProps) {
  const choices = choicesOf(type, content);
  if (choices.length === 0) return null;
  return (
    <div className="mt-1.5 flex flex-col gap-1">
      {choices.map((choice, index) => (
        <Fragment key={index}>
          {choice.heading !== undefined && (
            <p dir="auto" className="pt-1 text-xs font-semibold text-neutral-500">
              {choice.heading}
            </p>
          )}
          <CardPicture header={choice.header} />
          <Pressable choice={choice} onReply={onReply} />
        </Fragment>
      ))}
    </div>
  );
}

/** Of a card: what stands above its words. */
function CardPicture({ header }: { header: unknown }) {
  const type = textOf(header, 'type');
  if (type !== 'image' && type !== 'video') return null;
  return <Picture type={type} content={fieldOf(header, type)} />;
}

const LOOK =
  'flex min-h-9 items-center justify-center gap-1.5 rounded-lg bg-pine/8 px-3 py-1 text-sm font-medium text-leaf hover:bg-pine/15';

function Pressable({ choice, onReply }: { choice: Choice; onReply: (reply: Reply) => void }) {
  const { title, description, reply, link } = choice;
  const words = (
    <span className="min-w-0">
      <bdi>{title}</bdi>
      {description !== '' && <bdi className="block text-xs font-normal text-neutral-500">{description}</bdi>}
    </span>
  );
  if (link !== undefined) {
    return (
      <a href={link} target="_blank" rel="noopener noreferrer" className={LOOK}>
        <ExternalLink className="size-4 shrink-0" aria-hidden />
        {words}
      </a>
    );
  }
  return (
    <button
      type="button"
      disabled={reply === undefined}
      onClick={() => reply !== undefined && onReply(reply)}
      className={LOOK}
    >
      {reply !== undefined && <ReplyIcon className="size-4 shrink-0" aria-hidden />}
      {words}
    </button>
  );
}
