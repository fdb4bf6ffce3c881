import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ChevronDown } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { useTranslation } from 'react-i18next';

import type { Conversation } from '../api/types.ts';
import { useWorkspace } from '../app/workspace.ts';
import { StateChip, useHolderName } from '../inbox/state-chip.tsx';
import { conversationKey } from '../live/live-cache.ts';
import { errorText } from '../ui/error-text.ts';
import { plainName } from '../ui/plain-name.ts';
import { useUsers } from '../users/people.ts';

const ITEM =
  'flex min-h-9 cursor-pointer items-center rounded-lg px-2.5 text-sm outline-none data-highlighted:bg-hover';

type Step = { what: 'assign'; userId: string | null } | { what: 'state'; state: 'PENDING' | 'RESOLVED' };

/** Who answers the conversation, and a menu to change that, as far as one may. */
export function Holder({ conversation }: { conversation: Conversation }) {
  const { t, i18n } = useTranslation();
  const { me } = useWorkspace();
  const holderName = useHolderName();
  const change = useStep(conversation);
  if (!me.scopes.includes('conversations:write')) return <StateChip conversation={conversation} />;
  return (
    <div className="flex flex-col items-end">
      <DropdownMenu.Root modal={false} dir={i18n.dir()}>
        <DropdownMenu.Trigger
          disabled={change.isPending}
          aria-label={t('assignment.menu', { who: holderName(conversation) })}
          className="inline-flex min-h-8 items-center gap-1 rounded-lg px-1.5 hover:bg-hover disabled:opacity-55 data-[state=open]:bg-hover"
        >
          <StateChip conversation={conversation} />
          <ChevronDown aria-hidden className="size-4 text-muted" />
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content
            align="end"
            sideOffset={6}
            collisionPadding={8}
            className="z-20 max-h-96 w-60 overflow-y-auto rounded-xl border border-line bg-surface p-1.5 text-ink shadow-2xl shadow-black/20"
          >
            <Steps conversation={conversation} go={(step) => change.mutate(step)} />
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      {change.error !== null && (
        <p role="alert" className="max-w-60 text-xs text-bad">
          {t('assignment.failed', { reason: errorText(t, change.error) })}
        </p>
      )}
    </div>
  );
}

/** Each step says what this person saw, so that nobody undoes what a colleague did meanwhile. */
function useStep(conversation: Conversation) {
  const { api } = useWorkspace();
  const client = useQueryClient();
  const { id, assignee, lastMessage } = conversation;
  return useMutation({
    mutationFn: (step: Step) => {
      const body =
        step.what === 'assign'
          ? { userId: step.userId, from: assignee?.id ?? null }
          : step.state === 'RESOLVED'
            ? { state: step.state, lastMessageId: lastMessage?.id ?? null }
            : { state: step.state };
      const path = `/v1/conversations/${encodeURIComponent(id)}/${step.what}`;
      return api.request<Conversation>(path, { method: 'POST', body });
    },
    onSuccess: (changed) => client.setQueryData(conversationKey(id), changed),
    onError: () => client.invalidateQueries({ queryKey: conversationKey(id) }),
  });
}

interface StepsProps {
  conversation: Conversation;
  go: (step: Step) => void;
}

function Steps({ conversation: { state, assignee }, go }: StepsProps) {
  const { t } = useTranslation();
  const { me } = useWorkspace();
  const mayAssign = me.scopes.includes('conversations:assign');
  const isMine = assignee?.id === me.caller.id;
  const isOurs = assignee === null || isMine || mayAssign;
  const item = (text: string, step: Step) => (
    <DropdownMenu.Item className={ITEM} onSelect={() => go(step)}>
      {text}
    </DropdownMenu.Item>
  );
  if (!isOurs) {
    return <p className="px-2.5 py-1.5 text-sm text-muted">{t('assignment.heldByAnother')}</p>;
  }
  return (
    <>
      {me.caller.kind === 'person' &&
        !isMine &&
        item(t('assignment.take'), { what: 'assign', userId: me.caller.id })}
      {assignee !== null && item(t('assignment.giveBack'), { what: 'assign', userId: null })}
      {state === 'BOT' && item(t('assignment.letWait'), { what: 'state', state: 'PENDING' })}
      {state === 'RESOLVED'
        ? item(t('assignment.reopen'), { what: 'state', state: 'PENDING' })
        : item(t('assignment.resolve'), { what: 'state', state: 'RESOLVED' })}
      {mayAssign && me.scopes.includes('users:read') && <Others but={assignee?.id} go={go} />}
    </>
  );
}

/** Everybody else who has joined; read when the menu is opened. */
function Others({ but, go }: { but: string | undefined; go: (step: Step) => void }) {
  const { t } = useTranslation();
  const { me } = useWorkspace();
  const users = useUsers();
  const others = (users.data?.items ?? []).filter(
    ({ id, status }) => status === 'active' && id !== but && id !== me.caller.id,
  );
  return (
    <>
      <DropdownMenu.Separator className="my-1.5 h-px bg-line" />
      <DropdownMenu.Label className="px-2.5 py-1 text-xs font-medium text-muted">
        {t('assignment.assignTo')}
      </DropdownMenu.Label>
      {users.isPending && <p className="px-2.5 py-1 text-sm text-muted">{t('assignment.loading')}</p>}
      {users.isError && (
        <p role="alert" className="px-2.5 py-1 text-sm text-bad">
          {t('assignment.people')}
        </p>
      )}
      {users.isSuccess && others.length === 0 && (
        <p className="px-2.5 py-1 text-sm text-muted">{t('assignment.nobodyElse')}</p>
      )}
      {others.map(({ id, firstName, lastName }) => (
        <DropdownMenu.Item key={id} className={ITEM} onSelect={() => go({ what: 'assign', userId: id })}>
          <bdi className="one-line">{plainName(`${firstName} ${lastName}`)}</bdi>
        </DropdownMenu.Item>
      ))}
    </>
  );
}
