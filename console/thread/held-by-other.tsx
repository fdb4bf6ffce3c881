import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Bot } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import type { Conversation } from '../api/types.ts';
import { useWorkspace } from '../app/workspace.ts';
import { conversationKey } from '../live/live-cache.ts';
import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';

/** Another app of WhatsApp holds the conversation: it can be read, and taken over. */
export function HeldByOther({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const { api } = useWorkspace();
  const client = useQueryClient();
  const take = useMutation({
    mutationFn: () =>
      api.request<Conversation>(`/v1/conversations/${encodeURIComponent(conversation.id)}/take-control`, {
        method: 'POST',
      }),
    onSuccess: (taken) => client.setQueryData(conversationKey(conversation.id), taken),
  });
  return (
    <div className="flex gap-3 border-t border-line bg-surface px-4 py-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] md:px-8">
      <Bot aria-hidden className="mt-0.5 size-5 shrink-0 text-muted" />
      <div data-testid="composer-barred" className="min-w-0 flex-1 text-sm">
        <p className="font-semibold">{t('control.held')}</p>
        <p className="text-muted">{t('control.hint')}</p>
        {take.error !== null && (
          <p role="alert" className="text-bad">
            {errorText(t, take.error)}
          </p>
        )}
      </div>
      <Button onClick={() => take.mutate()} disabled={take.isPending}>
        {t('control.take')}
      </Button>
    </div>
  );
}
