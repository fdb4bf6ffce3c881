import { Monitor, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Failed } from '../account/fields.tsx';
import { Button } from '../ui/button.tsx';
import { Chip } from '../ui/chip.tsx';
import { ConfirmButton } from '../ui/confirm-button.tsx';
import { errorText } from '../ui/error-text.ts';
import { FailureBar } from '../ui/state-message.tsx';
import { exactTime } from '../ui/time.ts';
import { deviceOf } from './device.ts';
import { type Session, useOwnChange, useSessions } from './own.ts';
import { Section } from './section.tsx';

/** Where the person is signed in; each can be ended, and all but this one at once. */
export function SessionList() {
  const { t } = useTranslation();
  const sessions = useSessions();
  const [ended, setEnded] = useState<number | null>(null);
  const endOthers = useOwnChange<{ sessions: number }>((answer) => setEnded(answer.sessions));
  const items = sessions.data?.items ?? [];
  const others = items.filter(({ current }) => !current);
  return (
    <Section title={t('ownSignIn.sessions.title')}>
      {sessions.isPending && (
        <p role="status" className="text-sm text-muted">
          {t('ownSignIn.loading')}
        </p>
      )}
      {sessions.isError && (
        <FailureBar
          text={errorText(t, sessions.error)}
          retry={t('errors.retry')}
          onRetry={() => void sessions.refetch()}
        />
      )}
      <ul aria-label={t('ownSignIn.sessions.title')} className="flex flex-col divide-y divide-line">
        {items.map((session) => (
          <SessionRow key={session.id} session={session} />
        ))}
      </ul>
      {sessions.isSuccess && others.length === 0 && (
        <p className="text-sm text-muted">{t('ownSignIn.sessions.none')}</p>
      )}
      {endOthers.isError && <Failed>{errorText(t, endOthers.error)}</Failed>}
      <p role="status" className="text-sm text-good empty:hidden">
        {ended !== null && t('ownSignIn.sessions.ended', { count: ended })}
      </p>
      {others.length > 0 && (
        <div>
          <ConfirmButton
            label={t('ownSignIn.sessions.endOthers')}
            question={t('ownSignIn.sessions.endOthersQuestion')}
            disabled={endOthers.isPending}
            onConfirm={() => endOthers.mutate({ path: '/v1/sessions/end-others' })}
          />
        </div>
      )}
      <Stolen />
    </Section>
  );
}

function SessionRow({ session }: { session: Session }) {
  const { t, i18n } = useTranslation();
  const { id, current, startedAt, seenAt, strong, userAgent, address } = session;
  const known = deviceOf(userAgent);
  const device = known ? t('ownSignIn.sessions.on', { ...known }) : t('ownSignIn.sessions.unknownDevice');
  const time = (iso: string) => exactTime(new Date(iso), i18n.language);
  const ending = useOwnChange();
  return (
    <li data-testid="session" data-current={current} className="flex flex-wrap items-center gap-3 py-3">
      <Monitor aria-hidden className="size-5 shrink-0 text-muted" />
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-2">
          <span title={userAgent} className="font-medium">
            <bdi>{device}</bdi>
          </span>
          {current && (
            <Chip tone="info" icon={Monitor}>
              {t('ownSignIn.sessions.current')}
            </Chip>
          )}
          {strong && (
            <Chip tone="good" icon={ShieldCheck}>
              {t('ownSignIn.sessions.strong')}
            </Chip>
          )}
        </div>
        <p className="text-sm text-muted">
          {t('ownSignIn.sessions.lastUsed', { time: time(seenAt) })}
          {address !== '' && (
            <>
              {' · '}
              {t('ownSignIn.sessions.from')} <bdi dir="ltr">{address}</bdi>
            </>
          )}
        </p>
        <p className="text-xs text-muted">{t('ownSignIn.sessions.begun', { time: time(startedAt) })}</p>
        {ending.isError && <Failed>{errorText(t, ending.error)}</Failed>}
      </div>
      {!current && (
        <ConfirmButton
          label={t('ownSignIn.sessions.end')}
          question={t('ownSignIn.sessions.endQuestion', { device })}
          disabled={ending.isPending}
          onConfirm={() => ending.mutate({ path: `/v1/sessions/${encodeURIComponent(id)}/end` })}
        />
      )}
    </li>
  );
}

/** The one act after unauthorised use. What the page reads next is refused, and that leads to the sign-in. */
function Stolen() {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const ending = useOwnChange();
  if (!asking) {
    return (
      <button
        type="button"
        onClick={() => setAsking(true)}
        className="min-h-8 self-start text-sm text-bad underline"
      >
        {t('ownSignIn.sessions.stolen')}
      </button>
    );
  }
  return (
    <div
      role="group"
      aria-label={t('ownSignIn.sessions.stolen')}
      onKeyDown={(event) => event.key === 'Escape' && setAsking(false)}
      className="flex flex-col gap-2 rounded-lg bg-bad-soft p-3 text-sm text-bad"
    >
      <p className="font-semibold">{t('ownSignIn.sessions.stolenQuestion')}</p>
      <p>{t('ownSignIn.sessions.stolenHint')}</p>
      {ending.isError && <Failed>{errorText(t, ending.error)}</Failed>}
      <div className="flex gap-2">
        <Button small autoFocus onClick={() => setAsking(false)}>
          {t('confirm.keep')}
        </Button>
        <Button
          small
          disabled={ending.isPending}
          onClick={() => ending.mutate({ path: '/v1/sessions/end-all' })}
        >
          {t('ownSignIn.sessions.stolen')}
        </Button>
      </div>
    </div>
  );
}
