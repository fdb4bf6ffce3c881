import type { TFunction } from 'i18next';
import { Search } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { type Template, wordsOf } from './definition.ts';
import { useTemplates } from './use-templates.ts';

interface TemplateListProps {
  channelId: string;
  onChoose: (template: Template) => void;
}

/** The approved templates of the number's account, to search and to choose from by arrow keys. */
export function TemplateList({ channelId, onChoose }: TemplateListProps) {
  const { t } = useTranslation();
  const templates = useTemplates(channelId);
  const [search, setSearch] = useState('');
  const wanted = search.trim().toLowerCase();
  const found = (templates.data ?? []).filter((template) =>
    [template.name, template.name.replaceAll('_', ' '), template.language, wordsOf(template)].some((words) =>
      words.toLowerCase().includes(wanted),
    ),
  );
  return (
    <div onKeyDown={moveByArrows} className="flex min-h-0 flex-col">
      <label className="m-3 flex items-center gap-2 rounded-xl border border-edge bg-raised px-3 focus-within:border-accent">
        <Search aria-hidden className="size-4 text-muted" />
        <input
          type="search"
          data-testid="template-search"
          dir="auto"
          autoFocus
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          aria-label={t('templates.search')}
          placeholder={t('templates.search')}
          className="min-h-10 flex-1 bg-transparent outline-none placeholder:text-muted"
        />
      </label>
      <div className="thin-scroll min-h-40 overflow-y-auto px-3 pb-3">
        {templates.isPending && <Note text={t('templates.loading')} />}
        {templates.isError && (
          <div role="alert" className="space-y-2 p-4 text-center text-sm">
            <p>{t('templates.failed', { reason: errorText(t, templates.error) })}</p>
            <Button small onClick={() => void templates.refetch()}>
              {t('errors.retry')}
            </Button>
          </div>
        )}
        {templates.data?.length === 0 && <Note text={t('templates.none')} />}
        {templates.data !== undefined && templates.data.length > 0 && found.length === 0 && (
          <Note text={t('templates.noneFound', { search })} />
        )}
        <ul className="space-y-1.5">
          {found.map((template) => (
            <li key={template.id}>
              <button
                type="button"
                data-testid="template"
                data-name={template.name}
                onClick={() => onChoose(template)}
                className="w-full rounded-xl border border-line px-3 py-2 text-start outline-accent hover:bg-hover focus-visible:outline-2"
              >
                <span className="flex flex-wrap items-baseline gap-x-2">
                  <bdi className="font-medium">{template.name.replaceAll('_', ' ')}</bdi>
                  <span className="text-xs text-muted">
                    <bdi>{template.language}</bdi> · {categoryWord(t, template.category)}
                  </span>
                </span>
                <span dir="auto" className="line-clamp-2 text-sm text-muted">
                  {wordsOf(template)}
                </span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function Note({ text }: { text: string }) {
  return <p className="p-6 text-center text-sm text-muted">{text}</p>;
}

export function categoryWord(t: TFunction, category: string): string {
  if (category === 'MARKETING') return t('templates.marketing');
  if (category === 'UTILITY') return t('templates.utility');
  return category;
}

/** Up and down go from the search through the templates. */
function moveByArrows(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>('input, li button')];
  const at = stops.findIndex((stop) => stop === document.activeElement);
  const next = stops[at + (event.key === 'ArrowDown' ? 1 : -1)];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}
