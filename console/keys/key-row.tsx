import { CircleCheck, CircleX, Clock } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useWorkspace } from '../app/workspace.ts';
import { Button } from '../ui/button.tsx';
import { Chip, type Tone } from '../ui/chip.tsx';
import { ConfirmButton } from '../ui/confirm-button.tsx';
import { errorText } from '../ui/error-text.ts';
import { FIELD } from '../ui/field.tsx';
import { rightWord } from '../ui/right-word.ts';
import { fullTime } from '../ui/time.ts';
import { type ApiKey, keyState, type ShownKey, useKeyChange } from './keys.ts';
import { Rotation } from './rotation.tsx';

interface KeyRowProps {
  apiKey: ApiKey;
  mayWrite: boolean;
  /** It got another secret, which is to be shown. */
  onShown: (key: ShownKey) => void;
}

const STATES = {
  live: { tone: 'good', icon: CircleCheck, words: 'keys.live' },
  soon: { tone: 'warn', icon: Clock, words: 'keys.endsSoon' },
  expired: { tone: 'calm', icon: Clock, words: 'keys.expiredState' },
  revoked: { tone: 'calm', icon: CircleX, words: 'keys.revokedState' },
} as const satisfies Record<string, { tone: Tone; icon: typeof Clock; words: string }>;

/** One key: what it may, when it was used and ends, and what can be done with it. */
export function KeyRow({ apiKey, mayWrite, onShown }: KeyRowProps) {
  const { t } = useTranslation();
  const { serverNow } = useWorkspace();
  const [doing, setDoing] = useState<'nothing' | 'renaming' | 'rotating'>('nothing');
  const change = useKeyChange(() => setDoing('nothing'));
  const state = keyState(apiKey, serverNow());
  const { tone, icon, words } = STATES[state];
  const isLive = state === 'live' || state === 'soon';
  const path = `/v1/keys/${encodeURIComponent(apiKey.id)}`;
  return (
    <li className={`rounded-xl border border-line bg-surface p-4 ${isLive ? '' : 'opacity-80'}`}>
      <div className="flex flex-wrap items-center gap-2">
        {doing === 'renaming' ? (
          <Renaming
            apiKey={apiKey}
            onSave={(name) => change.mutate({ method: 'PATCH', path, body: { name } })}
            onCancel={() => setDoing('nothing')}
          />
        ) : (
          <h2 dir="auto" className="one-line font-semibold">
            {apiKey.name}
          </h2>
        )}
        <Chip tone={tone} icon={icon}>
          {t(words)}
        </Chip>
      </div>
      <p className="mt-1 text-sm text-muted">
        {apiKey.scopes.map((scope) => t(`keys.scopes.${rightWord(scope)}`)).join(' · ')}
      </p>
      <Times apiKey={apiKey} />
      {change.isError && (
        <p role="alert" dir="auto" className="mt-2 text-sm text-bad">
          {t('keys.failed', { reason: errorText(t, change.error) })}
        </p>
      )}
      {doing === 'rotating' && (
        <Rotation apiKey={apiKey} onShown={onShown} onClose={() => setDoing('nothing')} />
      )}
      {mayWrite && isLive && doing === 'nothing' && (
        <div className="mt-3 flex flex-wrap gap-2">
          <Button small onClick={() => setDoing('renaming')}>
            {t('keys.rename')}
          </Button>
          <Button small onClick={() => setDoing('rotating')}>
            {t('keys.rotate')}
          </Button>
          <ConfirmButton
            label={t('keys.revoke')}
            question={t('keys.revokeAsk')}
            disabled={change.isPending}
            onConfirm={() => change.mutate({ method: 'POST', path: `${path}/revoke` })}
          />
        </div>
      )}
    </li>
  );
}

interface RenamingProps {
  apiKey: ApiKey;
  onSave: (name: string) => void;
  onCancel: () => void;
}

function Renaming({ apiKey, onSave, onCancel }: RenamingProps) {
  const { t } = useTranslation();
  const [name, setName] = useState(apiKey.name);
  const save = (event: FormEvent): void => {
    event.preventDefault();
    if (name.trim() !== '') onSave(name);
  };
  return (
    <form
      onSubmit={save}
      onKeyDown={(event) => event.key === 'Escape' && onCancel()}
      className="flex min-w-0 flex-1 flex-wrap gap-2"
    >
      <input
        autoFocus
        dir="auto"
        maxLength={100}
        aria-label={t('keys.name')}
        value={name}
        onChange={(event) => setName(event.target.value)}
        className={`${FIELD} min-w-40 flex-1`}
      />
      <Button type="submit" look="primary">
        {t('keys.save')}
      </Button>
      <Button onClick={onCancel}>{t('keys.cancel')}</Button>
    </form>
  );
}

function Times({ apiKey }: { apiKey: ApiKey }) {
  const { t, i18n } = useTranslation();
  const { serverNow } = useWorkspace();
  const at = (time: string) => fullTime(new Date(time), i18n.language);
  const { createdAt, createdBy, expiresAt, lastUsedAt, previousUntil, revokedAt } = apiKey;
  const maker = createdBy === null ? null : (createdBy.name ?? t('keys.operator'));
  const end = (): string => {
    if (revokedAt !== null) return t('keys.revokedAt', { time: at(revokedAt) });
    if (expiresAt === null) return t('keys.noEnd');
    const isOver = Date.parse(expiresAt) <= serverNow();
    return t(isOver ? 'keys.ended' : 'keys.ends', { time: at(expiresAt) });
  };
  const lines = [
    lastUsedAt === null ? t('keys.neverUsed') : t('keys.lastUsed', { time: at(lastUsedAt) }),
    end(),
    ...(previousUntil === null || revokedAt !== null ? [] : [t('keys.overlap', { time: at(previousUntil) })]),
    maker === null
      ? t('keys.made', { time: at(createdAt) })
      : t('keys.madeBy', { time: at(createdAt), name: `\u2068${maker}\u2069` }),
  ];
  return (
    <ul className="mt-1 text-xs text-muted">
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}
