import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useWorkspace } from '../app/workspace.ts';
import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { download } from './download.ts';
import { allEntries, type AuditFilter, MOST_EXPORTED } from './entries.ts';
import { asCsv, asJsonLines } from './export.ts';

type Kind = 'csv' | 'jsonl';

/** What the filter shows, as a file. */
export function AuditExport({ filter }: { filter: AuditFilter }) {
  const { t } = useTranslation();
  const { api } = useWorkspace();
  const [state, setState] = useState<{ busy: boolean; said: string }>({ busy: false, said: '' });

  const save = async (kind: Kind): Promise<void> => {
    setState({ busy: true, said: t('audit.export.reading') });
    try {
      const { entries, more } = await allEntries(api, filter);
      if (kind === 'csv') download('audit.csv', 'text/csv;charset=utf-8', asCsv(entries));
      else download('audit.jsonl', 'application/x-ndjson', asJsonLines(entries));
      setState({ busy: false, said: more ? t('audit.export.cut', { count: MOST_EXPORTED }) : '' });
    } catch (error) {
      setState({ busy: false, said: errorText(t, error) });
    }
  };
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button small disabled={state.busy} onClick={() => void save('csv')}>
        {t('audit.export.csv')}
      </Button>
      <Button small disabled={state.busy} onClick={() => void save('jsonl')}>
        {t('audit.export.jsonl')}
      </Button>
      <p role="status" className="text-sm text-muted">
        {state.said}
      </p>
    </div>
  );
}
