import { TriangleAlert } from 'lucide-react';
import { Component, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { Button } from '../ui/button.tsx';
import { StateMessage } from '../ui/state-message.tsx';

/** Shows a way on when a screen fails to draw. */
export class Crash extends Component<{ children: ReactNode }, { crashed: boolean }> {
  override state = { crashed: false };

  static getDerivedStateFromError(): { crashed: boolean } {
    return { crashed: true };
  }

  override render(): ReactNode {
    return this.state.crashed ? <CrashMessage /> : this.props.children;
  }
}

function CrashMessage() {
  const { t } = useTranslation();
  const reload = <Button onClick={() => window.location.reload()}>{t('frame.reload')}</Button>;
  return (
    <main className="flex h-full">
      <StateMessage icon={TriangleAlert} title={t('frame.crashed')} action={reload} alert>
        {t('frame.crashedHint')}
      </StateMessage>
    </main>
  );
}
