import {
  Check,
  CheckCheck,
  CircleAlert,
  CircleQuestionMark,
  Clock,
  LoaderCircle,
  type LucideIcon,
} from 'lucide-react';
import { useTranslation } from 'react-i18next';

import type { MessageStatus } from '../api/types.ts';

const LOOKS: Record<MessageStatus, { icon: LucideIcon; look: string }> = {
  received: { icon: Check, look: '' },
  queued: { icon: Clock, look: '' },
  sending: { icon: LoaderCircle, look: 'animate-spin' },
  unconfirmed: { icon: CircleQuestionMark, look: 'text-warn' },
  accepted: { icon: Check, look: '' },
  sent: { icon: Check, look: '' },
  failed: { icon: CircleAlert, look: 'text-bad' },
  delivered: { icon: CheckCheck, look: '' },
  read: { icon: CheckCheck, look: 'text-tick-read' },
  played: { icon: CheckCheck, look: 'text-tick-read' },
};

/** How far a message of ours has come: a sign, with its word as a tooltip and for screen readers. */
export function StatusMark({ status }: { status: MessageStatus }) {
  const { t } = useTranslation();
  const { icon: Icon, look } = LOOKS[status];
  const word = t(`status.${status}`);
  return (
    <span role="img" aria-label={word} title={word} className={`inline-flex shrink-0 ${look}`}>
      <Icon aria-hidden className="size-4" strokeWidth={2.25} />
    </span>
  );
}
