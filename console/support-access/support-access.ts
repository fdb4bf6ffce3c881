/** What the page of support access reads and writes. */
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';

import type { Page } from '../api/types.ts';
import { useWorkspace } from '../app/workspace.ts';
import type { en } from '../i18n/en.ts';

type Words = typeof en.supportAccess;

type Grantable =
  `${'conversations' | 'messages' | 'contacts' | 'channels' | 'endpoints' | 'dead-letters' | 'account' | 'users' | 'audit'}:read`;

export interface SupportAccess {
  id: string;
  operator: { id: string | null; name: string };
  kind: 'asked' | 'given' | 'break-glass';
  state: keyof Words['states'];
  reasonCode: keyof Words['codes'];
  reason: string;
  permissions: Grantable[];
  hours: number;
  createdAt: string;
  from: string | null;
  until: string | null;
  endedAt: string | null;
  review: { dueAt: string; reviewedAt: string | null; finding: string | null } | null;
}

export interface Look {
  at: string;
  operator: string;
  method: string;
  route: string;
  objects: string[];
}

const ACCESS = ['support-access'] as const;
/** Access ends by itself and is asked for by others: the list is read again so often. */
const EVERY_MS = 15_000;

function usePages<Item>(queryKey: readonly string[], path: string) {
  const { api } = useWorkspace();
  return useInfiniteQuery({
    queryKey,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const cursor = pageParam === null ? '' : `&cursor=${encodeURIComponent(pageParam)}`;
      return api.request<Page<Item>>(`${path}?limit=50${cursor}`, { signal });
    },
    getNextPageParam: (page) => page.nextCursor,
    staleTime: 0,
    refetchInterval: EVERY_MS,
  });
}

export function useSupportAccess() {
  return usePages<SupportAccess>(ACCESS, '/v1/support-access');
}

export function useLooks(id: string) {
  return usePages<Look>(['support-looks', id], `/v1/support-access/${encodeURIComponent(id)}/looks`);
}

interface Change {
  path: string;
  body?: unknown;
}

/** Gives, decides or ends access; the list is read again after it, also when somebody else was first. */
export function useAccessChange(onDone: () => void = () => undefined) {
  const { api } = useWorkspace();
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ path, ...request }: Change) =>
      api.request<SupportAccess>(path, { method: 'POST', ...request }),
    onSuccess: onDone,
    onSettled: () => client.invalidateQueries({ queryKey: ACCESS }),
  });
}
