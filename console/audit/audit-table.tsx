import { BadgeCheck, Ban, ShieldAlert, TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { Chip } from '../ui/chip.tsx';
import { exactTime } from '../ui/time.ts';
import type { AuditEntry } from './entries.ts';
import { actionWords } from './words.ts';

const OUTCOMES = {
  allowed: { tone: 'good', icon: BadgeCheck },
  refused: { tone: 'warn', icon: Ban },
  failed: { tone: 'bad', icon: TriangleAlert },
} as const;

const CELL = 'px-3 py-2 text-start align-top';

/** Entries, newest first; what staff of the installation did is marked. */
export function AuditTable({ entries }: { entries: AuditEntry[] }) {
  const { t } = useTranslation();
  return (
    <div
      className="thin-scroll overflow-x-auto rounded-xl border border-line bg-surface"
      tabIndex={0}
      role="region"
      aria-label={t('audit.title')}
    >
      <table className="w-full text-sm">
        <thead className="border-b border-line text-xs text-muted">
          <tr>
            {(['when', 'who', 'what', 'outcome', 'objects'] as const).map((column) => (
              <th key={column} scope="col" className={`${CELL} font-medium`}>
                {t(`audit.columns.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <Row key={entry.id} entry={entry} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ entry }: { entry: AuditEntry }) {
  const { t, i18n } = useTranslation();
  const { at, actor, staff, action, outcome, objects, reason } = entry;
  const { tone, icon } = OUTCOMES[outcome];
  return (
    <tr
      data-testid="audit-entry"
      className={`border-b border-line last:border-b-0 ${staff ? 'bg-warn-soft' : ''}`}
    >
      <td className={`${CELL} whitespace-nowrap tabular-nums`}>
        <time dateTime={at}>{exactTime(new Date(at), i18n.language)}</time>
      </td>
      <td className={CELL}>
        {staff && (
          <span className="whitespace-nowrap">
            <Chip tone="warn" icon={ShieldAlert} title={t('audit.staffHint')}>
              {t('audit.staff')}
            </Chip>
          </span>
        )}
        <bdi dir="ltr" className="block [overflow-wrap:anywhere]">
          {actor}
        </bdi>
      </td>
      <td className={CELL}>
        <span title={action}>{actionWords(action, i18n.language)}</span>
        <Details entry={entry} />
      </td>
      <td className={CELL}>
        <Chip tone={tone} icon={icon}>
          {t(`audit.outcomes.${outcome}`)}
        </Chip>
        {reason !== null && (
          <bdi dir="auto" className="mt-1 block text-xs text-muted">
            {reason}
          </bdi>
        )}
      </td>
      <td className={CELL}>
        <Objects ids={objects} />
      </td>
    </tr>
  );
}

function Details({ entry: { details } }: { entry: AuditEntry }) {
  const pairs = Object.entries(details);
  if (pairs.length === 0) return null;
  return (
    <bdi dir="ltr" className="block text-xs text-muted [overflow-wrap:anywhere]">
      {pairs.map(([name, value]) => `${name}: ${String(value)}`).join(', ')}
    </bdi>
  );
}

/** Some of them; all stand behind the fold. */
function Objects({ ids }: { ids: string[] }) {
  const { t } = useTranslation();
  if (ids.length <= 2) return <Ids ids={ids} />;
  return (
    <details>
      <summary className="cursor-pointer">{t('audit.objects', { count: ids.length })}</summary>
      <Ids ids={ids} />
    </details>
  );
}

function Ids({ ids }: { ids: string[] }) {
  return ids.map((id) => (
    <bdi key={id} dir="ltr" className="block text-xs [overflow-wrap:anywhere]">
      {id}
    </bdi>
  ));
}
