import { Bot, CircleCheck, type LucideIcon, MessageCircleQuestionMark, UserRoundCheck } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import type { ConversationState } from '../api/types.ts';
import { Chip, type Tone } from '../ui/chip.tsx';

const LOOKS: Record<ConversationState, { tone: Tone; icon: LucideIcon }> = {
  BOT: { tone: 'info', icon: Bot },
  PENDING: { tone: 'warn', icon: MessageCircleQuestionMark },
  ASSIGNED: { tone: 'good', icon: UserRoundCheck },
  RESOLVED: { tone: 'calm', icon: CircleCheck },
};

/** Who is in charge of the conversation. */
export function StateChip({ state }: { state: ConversationState }) {
  const { t } = useTranslation();
  return <Chip {...LOOKS[state]}>{t(`states.${state}`)}</Chip>;
}
