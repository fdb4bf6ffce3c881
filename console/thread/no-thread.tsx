import { MessagesSquare } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { StateMessage } from '../ui/state-message.tsx';

/** Beside the list while nothing is open. */
export function NoThread() {
  const { t } = useTranslation();
  return (
    <main className="flex flex-1">
      <StateMessage icon={MessagesSquare} title={t('thread.choose')}>
        {t('thread.chooseHint')}
      </StateMessage>
    </main>
  );
}
