import { useMutation } from '@tanstack/react-query';
import { CircleAlert, CircleQuestionMark } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import type { Message, MessageError, Resolution } from '../api/types.ts';
import { useWorkspace } from '../app/workspace.ts';
import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { viewContent } from './content.ts';

/** Below a failed message: why, and how to write it again. */
export function FailedNote({ message }: { message: Message }) {
  const { t } = useTranslation();
  const { drafts } = useWorkspace();
  const { error } = message;
  const view = viewContent(message);
  const text = view.kind === 'text' ? view.text : null;
  return (
    <div className="mt-1 max-w-sm rounded-xl bg-bad-soft px-3 py-2 text-[0.8125rem]">
      <p className="flex items-center gap-2 font-semibold text-bad">
        <CircleAlert aria-hidden className="size-4 shrink-0" />
        {t('message.failed')}
      </p>
      {error !== undefined && <Reason error={error} />}
      <p className="mt-0.5 text-muted">{t('message.failedHint')}</p>
      {text !== null && (
        <Button small className="mt-2" onClick={() => drafts.add(message.conversationId, text)}>
          {t('message.writeAgain')}
        </Button>
      )}
    </div>
  );
}

/** The server's own words, which may be of another language and direction than the screen. */
function Reason({ error }: { error: MessageError }) {
  const { t } = useTranslation();
  return (
    <div className="mt-1">
      <div dir="auto" className="w-fit max-w-full">
        <p className="font-medium">{error.title}</p>
        <p>{error.detail}</p>
      </div>
      {error.code !== null && (
        <p className="mt-0.5 text-muted">{t('message.failedCode', { code: error.code })}</p>
      )}
    </div>
  );
}

const RESOLUTIONS: { as: Resolution; word: 'resolveSent' | 'resolveFailed' | 'resolveResend' }[] = [
  { as: 'sent', word: 'resolveSent' },
  { as: 'failed', word: 'resolveFailed' },
  { as: 'resend', word: 'resolveResend' },
];

/** Below a message whose fate nobody knows: what that means, and the three ways to settle it. */
export function UnconfirmedNote({ message }: { message: Message }) {
  const { t } = useTranslation();
  const { api, change } = useWorkspace();
  const resolve = useMutation({
    mutationFn: (as: Resolution) =>
      change(() =>
        api.request<Message>(`/v1/messages/${encodeURIComponent(message.id)}/resolve`, {
          method: 'POST',
          body: { as },
        }),
      ),
  });
  return (
    <div className="mt-1 max-w-md rounded-xl bg-warn-soft px-3 py-2 text-[0.8125rem]">
      <p className="flex gap-2 font-semibold text-warn">
        <CircleQuestionMark aria-hidden className="mt-0.5 size-4 shrink-0" />
        {t('message.unconfirmed')}
      </p>
      <p className="mt-0.5 text-ink">{t('message.unconfirmedHint')}</p>
      <div className="mt-2 flex flex-wrap gap-1.5">
        {RESOLUTIONS.map(({ as, word }) => (
          <Button key={as} small disabled={resolve.isPending} onClick={() => resolve.mutate(as)}>
            {t(`message.${word}`)}
          </Button>
        ))}
      </div>
      {resolve.isError && (
        <p role="alert" className="mt-1.5 text-bad">
          {t('message.resolveError', { reason: errorText(t, resolve.error) })}
        </p>
      )}
    </div>
  );
}
