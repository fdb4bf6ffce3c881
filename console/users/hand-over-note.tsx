import { useTranslation } from 'react-i18next';

import { Failed } from '../account/fields.tsx';
import { useWorkspace } from '../app/workspace.ts';
import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { useHandOver, usePeopleChange } from './people.ts';

/** A hand-over of the account that is offered to or by this person. */
export function HandOverNote() {
  const { t } = useTranslation();
  const { me } = useWorkspace();
  const offer = useHandOver().data?.handOver ?? null;
  const change = usePeopleChange();
  if (offer === null) return null;
  const isMine = offer.to === me.caller.id;
  const accept = (): void =>
    change.mutate(
      { method: 'POST', path: '/v1/account/hand-over/accept' },
      { onSuccess: () => window.location.reload() },
    );
  return (
    <section role="status" className="flex flex-col gap-2 rounded-xl bg-warn-soft p-4 text-sm text-warn">
      <p>{t(isMine ? 'people.handOverOffered' : 'people.handOverGiven')}</p>
      {change.isError && <Failed>{errorText(t, change.error)}</Failed>}
      <div className="flex gap-2">
        {isMine && (
          <Button small look="primary" onClick={accept}>
            {t('people.accept')}
          </Button>
        )}
        <Button small onClick={() => change.mutate({ method: 'DELETE', path: '/v1/account/hand-over' })}>
          {t(isMine ? 'people.decline' : 'people.takeBack')}
        </Button>
      </div>
    </section>
  );
}
