import type { MessageView } from '../control/views.ts';
import { fieldOf, textOf } from './fields.ts';

/** A message as it stands after what its writer did to it later. */
export interface Standing {
  message: MessageView;
  edited: boolean;
  deleted: boolean;
}

const isChange = ({ type }: MessageView): boolean => type === 'edit' || type === 'revoke';
const targetOf = ({ content }: MessageView): string => textOf(content, 'original_message_id');

/**
 * Folds edits and deletions into the messages that they change, as a phone shows them. A change of what is not on this
 * phone keeps a bubble of its own.
 */
export function standing(items: MessageView[]): Standing[] {
  const known = new Set(items.filter((item) => !isChange(item)).map(({ wamid }) => wamid));
  const changes = items.filter((item) => isChange(item) && known.has(targetOf(item)));
  return items
    .filter((item) => !changes.includes(item))
    .map((message) => {
      const own = changes.filter((change) => targetOf(change) === message.wamid);
      const edit = own.findLast(({ type }) => type === 'edit');
      return {
        message: edit === undefined ? message : { ...message, content: editedContent(message, edit) },
        edited: edit !== undefined,
        deleted: own.some(({ type }) => type === 'revoke'),
      };
    });
}

/** The edit of a caption need not repeat the picture. */
function editedContent({ content, type }: MessageView, { content: change }: MessageView): unknown {
  const next = fieldOf(change, 'message', textOf(change, 'message', 'type') || type);
  return typeof content === 'object' && typeof next === 'object'
    ? { ...content, ...next }
    : (next ?? content);
}
