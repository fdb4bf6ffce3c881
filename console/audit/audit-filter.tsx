import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Button } from '../ui/button.tsx';
import { type AuditFilter, NO_FILTER } from './entries.ts';
import { GROUPS } from './words.ts';

const FIELD = 'min-h-10 w-full rounded-lg border border-edge bg-surface px-3 text-sm';

/** By who, what, what it was done to, and when (this device's time). */
export function AuditFilterForm({ onChange }: { onChange: (filter: AuditFilter) => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState<AuditFilter>(NO_FILTER);
  const set = (name: keyof AuditFilter) => (event: { target: { value: string } }) =>
    setTyped({ ...typed, [name]: event.target.value });
  const clear = (): void => {
    setTyped(NO_FILTER);
    onChange(NO_FILTER);
  };
  return (
    <form
      className="grid grid-cols-1 items-end gap-3 sm:grid-cols-2 lg:grid-cols-3"
      onSubmit={(event) => {
        event.preventDefault();
        onChange(typed);
      }}
    >
      <label className="text-xs text-muted">
        {t('audit.filter.action')}
        <select className={FIELD} value={typed.action} onChange={set('action')}>
          <option value="">{t('audit.filter.all')}</option>
          {GROUPS.map((group) => (
            <option key={group} value={group}>
              {t(`audit.groups.${groupName(group)}`)}
            </option>
          ))}
        </select>
      </label>
      {(['actor', 'object'] as const).map((name) => (
        <label key={name} className="text-xs text-muted">
          {t(`audit.filter.${name}`)}
          <input dir="ltr" className={FIELD} value={typed[name]} onChange={set(name)} maxLength={200} />
        </label>
      ))}
      {(['from', 'to'] as const).map((name) => (
        <label key={name} className="text-xs text-muted">
          {t(`audit.filter.${name}`)}
          <input type="datetime-local" className={FIELD} value={typed[name]} onChange={set(name)} />
        </label>
      ))}
      <div className="flex gap-2">
        <Button type="submit" look="primary">
          {t('audit.filter.apply')}
        </Button>
        <Button onClick={clear}>{t('audit.filter.clear')}</Button>
      </div>
    </form>
  );
}

type Group = (typeof GROUPS)[number] extends `${infer Name}.` ? Name : never;

const groupName = (group: (typeof GROUPS)[number]): Group => group.slice(0, -1) as Group;
