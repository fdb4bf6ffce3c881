import { Bot, CircleCheck, type LucideIcon, MessageCircleQuestionMark, UserRoundCheck } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import type { Conversation, ConversationState } from '../api/types.ts';
import { useWorkspace } from '../app/workspace.ts';
import { Chip, type Tone } from '../ui/chip.tsx';
import { plainName } from '../ui/plain-name.ts';

const LOOKS: Record<ConversationState, { tone: Tone; icon: LucideIcon }> = {
  BOT: { tone: 'info', icon: Bot },
  PENDING: { tone: 'warn', icon: MessageCircleQuestionMark },
  ASSIGNED: { tone: 'good', icon: UserRoundCheck },
  RESOLVED: { tone: 'calm', icon: CircleCheck },
};

type Held = Pick<Conversation, 'state' | 'assignee'>;

/** The name of whoever holds it, else the state in a word. */
export function useHolderName(): (conversation: Held) => string {
  const { t } = useTranslation();
  const { me } = useWorkspace();
  return ({ state, assignee }) => {
    if (assignee === null) return t(`states.${state}`);
    if (assignee.id === me.caller.id) return t('assignment.you');
    return plainName(assignee.name ?? '') || t(`states.${state}`);
  };
}

/** Who is in charge of the conversation. */
export function StateChip({ conversation }: { conversation: Held }) {
  const { t } = useTranslation();
  const holderName = useHolderName();
  const { state } = conversation;
  return (
    <Chip {...LOOKS[state]} title={t('assignment.menu', { who: holderName(conversation) })}>
      <bdi className="one-line max-w-28">{holderName(conversation)}</bdi>
    </Chip>
  );
}
