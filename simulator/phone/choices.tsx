import { Reply as ReplyIcon } from 'lucide-react';

import { listOf, textOf } from './fields.ts';

/** What a tap sends, without the quote. */
export interface Reply {
  type: string;
  [key: string]: unknown;
}

interface Choice {
  id: string;
  title: string;
  description: string;
  reply: Reply;
}

const buttonsOf = (content: unknown): Choice[] =>
  listOf(content, 'action', 'buttons').map((button) => {
    const reply = { id: textOf(button, 'reply', 'id'), title: textOf(button, 'reply', 'title') };
    const interactive = { type: 'button_reply', button_reply: reply };
    return { ...reply, description: '', reply: { type: 'interactive', interactive } };
  });

const rowsOf = (content: unknown): Choice[] =>
  listOf(content, 'action', 'sections')
    .flatMap((section) => listOf(section, 'rows'))
    .map((row) => {
      const choice = {
        id: textOf(row, 'id'),
        title: textOf(row, 'title'),
        description: textOf(row, 'description'),
      };
      const { description, ...reply } = choice;
      const list_reply = description === '' ? reply : choice;
      return { ...choice, reply: { type: 'interactive', interactive: { type: 'list_reply', list_reply } } };
    });

/** Buttons or list rows of a message of the business; a tap answers it. */
export function Choices({ content, onReply }: { content: unknown; onReply: (reply: Reply) => void }) {
  const choices = [...buttonsOf(content), ...rowsOf(content)];
  return (
    <div className="mt-1.5 flex flex-col gap-1">
      {choices.map(({ id, title, description, reply }) => (
        <button
          key={id}
          type="button"
          onClick={() => onReply(reply)}
          className="flex min-h-9 items-center justify-center gap-1.5 rounded-lg bg-pine/8 px-3 py-1 text-sm font-medium text-leaf hover:bg-pine/15"
        >
          <ReplyIcon className="size-4 shrink-0" aria-hidden />
          <span className="min-w-0">
            <bdi>{title}</bdi>
            {description !== '' && (
              <bdi className="block text-xs font-normal text-neutral-500">{description}</bdi>
            )}
          </span>
        </button>
      ))}
    </div>
  );
}
