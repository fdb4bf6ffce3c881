import { CircleAlert, CircleX, Clock, Eye, HelpCircle } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Button } from '../ui/button.tsx';
import { Chip, type Tone } from '../ui/chip.tsx';
import { ConfirmButton } from '../ui/confirm-button.tsx';
import { errorText } from '../ui/error-text.ts';
import { rightWord } from '../ui/right-word.ts';
import { fullTime } from '../ui/time.ts';
import { Looks } from './looks.tsx';
import { type SupportAccess, useAccessChange } from './support-access.ts';

const STATES = {
  asked: { tone: 'info', icon: HelpCircle },
  active: { tone: 'warn', icon: Eye },
  refused: { tone: 'calm', icon: CircleX },
  ended: { tone: 'calm', icon: CircleX },
  expired: { tone: 'calm', icon: Clock },
} as const satisfies Record<SupportAccess['state'], { tone: Tone; icon: typeof Clock }>;

/** One access: who, why, for how long, what was looked at, and what can be decided. */
export function AccessRow({ access, mayWrite }: { access: SupportAccess; mayWrite: boolean }) {
  const { t } = useTranslation();
  const [showsLooks, setShowsLooks] = useState(false);
  const { tone, icon } = STATES[access.state];
  const wasOpen = access.from !== null;
  return (
    <li className="rounded-xl border border-line bg-surface p-4">
      <div className="flex flex-wrap items-center gap-2">
        <h2 dir="auto" className="one-line font-semibold">
          {access.operator.name}
        </h2>
        <Chip tone={tone} icon={icon}>
          {t(`supportAccess.states.${access.state}`)}
        </Chip>
        {access.kind === 'break-glass' && (
          <Chip tone="bad" icon={CircleAlert}>
            {t('supportAccess.emergency')}
          </Chip>
        )}
      </div>
      <p className="mt-1 text-sm">
        {t(`supportAccess.codes.${access.reasonCode}`)}: <bdi>{access.reason}</bdi>
      </p>
      <Facts access={access} />
      {mayWrite && <Decisions access={access} />}
      {wasOpen && (
        <Button
          look="quiet"
          small
          aria-expanded={showsLooks}
          className="mt-2 -ms-3"
          onClick={() => setShowsLooks(!showsLooks)}
        >
          <Eye aria-hidden className="size-4" />
          {t(showsLooks ? 'supportAccess.hideLooks' : 'supportAccess.looks')}
        </Button>
      )}
      {showsLooks && <Looks accessId={access.id} />}
    </li>
  );
}

function Facts({ access }: { access: SupportAccess }) {
  const { t, i18n } = useTranslation();
  const at = (time: string | null) => (time === null ? '' : fullTime(new Date(time), i18n.language));
  const { state, permissions, review } = access;
  const when = {
    asked: t('supportAccess.askedAt', { time: at(access.createdAt) }),
    refused: t('supportAccess.askedAt', { time: at(access.createdAt) }),
    active: t('supportAccess.openUntil', { time: at(access.until) }),
    ended: t('supportAccess.endedAt', { time: at(access.endedAt) }),
    expired:
      access.until === null
        ? t('supportAccess.askedAt', { time: at(access.createdAt) })
        : t('supportAccess.endedAt', { time: at(access.until) }),
  }[state];
  const what = permissions
    .map((permission) => t(`supportAccess.permissions.${rightWord(permission)}`))
    .join(', ');
  return (
    <ul className="mt-1 text-xs text-muted">
      <li>{when}</li>
      <li>{t('supportAccess.sees', { what })}</li>
      {review !== null && (
        <li className="text-bad">
          {review.reviewedAt === null
            ? t('supportAccess.reviewDue', { time: at(review.dueAt) })
            : t('supportAccess.reviewed', { finding: `\u2068${review.finding ?? ''}\u2069` })}
        </li>
      )}
    </ul>
  );
}

function Decisions({ access }: { access: SupportAccess }) {
  const { t } = useTranslation();
  const change = useAccessChange();
  const path = `/v1/support-access/${encodeURIComponent(access.id)}`;
  const decide = (what: 'approve' | 'refuse' | 'revoke') => change.mutate({ path: `${path}/${what}` });
  return (
    <>
      {change.isError && (
        <p role="alert" dir="auto" className="mt-2 text-sm text-bad">
          {t('supportAccess.failed', { reason: errorText(t, change.error) })}
        </p>
      )}
      {access.state === 'asked' && (
        <div className="mt-3 flex flex-wrap gap-2">
          <Button small look="primary" disabled={change.isPending} onClick={() => decide('approve')}>
            {t('supportAccess.approve', { time: t('supportAccess.hours', { count: access.hours }) })}
          </Button>
          <Button small disabled={change.isPending} onClick={() => decide('refuse')}>
            {t('supportAccess.refuse')}
          </Button>
        </div>
      )}
      {access.state === 'active' && (
        <div className="mt-3">
          <ConfirmButton
            label={t('supportAccess.revoke')}
            question={t('supportAccess.revokeAsk')}
            disabled={change.isPending}
            onConfirm={() => decide('revoke')}
          />
        </div>
      )}
    </>
  );
}
