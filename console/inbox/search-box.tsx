import { Search, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';

interface SearchBoxProps {
  value: string;
  onChange: (value: string) => void;
  /** Into what was found. */
  onDown: () => void;
  /** Opens the first of it. */
  onEnter: () => void;
}

export const SEARCH_BOX = 'inbox-search';

/** Searches people and messages; the arrow down leads into what was found. */
export function SearchBox({ value, onChange, onDown, onEnter }: SearchBoxProps) {
  const { t } = useTranslation();
  return (
    <div className="mx-3 flex h-10 shrink-0 items-center gap-2 rounded-xl border border-line bg-raised px-3 focus-within:border-accent focus-within:ring-1 focus-within:ring-accent">
      <Search aria-hidden className="size-4 shrink-0 text-muted" />
      <input
        id={SEARCH_BOX}
        type="search"
        dir="auto"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onChange('');
          if (event.key === 'Enter') onEnter();
          if (event.key !== 'ArrowDown' || value === '') return;
          event.preventDefault();
          onDown();
        }}
        aria-label={t('inbox.search')}
        placeholder={t('inbox.search')}
        className="min-w-0 flex-1 bg-transparent text-sm outline-none placeholder:text-muted [&::-webkit-search-cancel-button]:hidden"
      />
      {value !== '' && (
        <button
          type="button"
          aria-label={t('inbox.clearSearch')}
          onClick={() => onChange('')}
          className="flex size-6 items-center justify-center rounded text-muted hover:text-ink"
        >
          <X aria-hidden className="size-4" />
        </button>
      )}
    </div>
  );
}
