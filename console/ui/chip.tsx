import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

export type Tone = 'good' | 'warn' | 'bad' | 'calm' | 'info';

const TONES: Record<Tone, string> = {
  good: 'bg-good-soft text-good',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
  calm: 'bg-calm-soft text-calm',
  info: 'bg-info-soft text-info',
};

interface ChipProps {
  tone: Tone;
  icon: LucideIcon;
  /** The full sentence, for the tooltip and for screen readers. */
  title?: string;
  children: ReactNode;
}

/** A small label; its sign and words say the same as its colour. */
export function Chip({ tone, icon: Icon, title, children }: ChipProps) {
  return (
    <span
      title={title}
      className={`inline-flex h-5 shrink-0 items-center gap-1 rounded-full px-2 text-[0.6875rem] font-medium tabular-nums ${TONES[tone]}`}
    >
      <Icon aria-hidden className="size-3" />
      {children}
    </span>
  );
}
