import { AlarmClock, Clock, Hourglass, Lock, type LucideIcon } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { Chip, type Tone } from '../ui/chip.tsx';
import { serviceWindow, type WindowLevel } from './service-window.ts';

const LOOKS: Record<WindowLevel, { tone: Tone; icon: LucideIcon }> = {
  open: { tone: 'good', icon: Clock },
  soon: { tone: 'warn', icon: Hourglass },
  ending: { tone: 'bad', icon: AlarmClock },
  closed: { tone: 'calm', icon: Lock },
};

interface WindowChipProps {
  expiresAt: string | null;
  /** Server time, ms. */
  now: number;
}

/** How long free text may still be sent. */
export function WindowChip({ expiresAt, now }: WindowChipProps) {
  const { t } = useTranslation();
  const { level, hours, minutes } = serviceWindow(expiresAt, now);
  const short = hours > 0 ? t('window.hours', { hours }) : t('window.minutes', { minutes });
  const long = hours > 0 ? t('window.leftHours', { hours, minutes }) : short;
  const closed = level === 'closed';
  return (
    <Chip {...LOOKS[level]} title={closed ? t('window.closedLong') : t('window.left', { time: long })}>
      {closed ? t('window.closed') : short}
    </Chip>
  );
}
