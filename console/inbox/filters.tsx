import { ToggleGroup } from 'radix-ui';
import { useTranslation } from 'react-i18next';

import type { StateFilter } from '../live/apply.ts';

const FILTERS: StateFilter[] = ['ALL', 'PENDING', 'ASSIGNED', 'BOT', 'RESOLVED'];
const REMEMBERED = 'whatsper.filter';

export function rememberedFilter(): StateFilter {
  const stored = sessionStorage.getItem(REMEMBERED);
  return FILTERS.find((filter) => filter === stored) ?? 'ALL';
}

export function rememberFilter(filter: StateFilter): void {
  sessionStorage.setItem(REMEMBERED, filter);
}

interface FiltersProps {
  value: StateFilter;
  onChange: (filter: StateFilter) => void;
  waiting: number;
  moreWaiting: boolean;
}

/** One state at a time, or all. */
export function Filters({ value, onChange, waiting, moreWaiting }: FiltersProps) {
  const { t } = useTranslation();
  return (
    <ToggleGroup.Root
      type="single"
      aria-label={t('inbox.filter')}
      value={value}
      onValueChange={(next) => {
        const filter = FILTERS.find((candidate) => candidate === next);
        if (filter !== undefined) onChange(filter);
      }}
      className="flex shrink-0 gap-1 overflow-x-auto px-3 pt-2.5 pb-2 [scrollbar-width:none]"
    >
      {FILTERS.map((filter) => (
        <ToggleGroup.Item
          key={filter}
          value={filter}
          className="flex min-h-8 shrink-0 items-center gap-1.5 rounded-full px-2.5 text-[0.8125rem] font-medium text-muted transition-colors hover:bg-hover hover:text-ink focus-visible:-outline-offset-2 data-[state=on]:bg-selected data-[state=on]:text-accent-strong"
        >
          {t(`filters.${filter}`)}
          {filter === 'PENDING' && waiting > 0 && (
            <span className="rounded-full bg-warn-soft px-1.5 text-[0.6875rem] font-semibold text-warn tabular-nums">
              {waiting}
              {moreWaiting && '+'}
            </span>
          )}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
