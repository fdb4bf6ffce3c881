/** What the page of one's own sign-in reads and changes. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { useWorkspace } from '../app/workspace.ts';

export interface Session {
  id: string;
  current: boolean;
  startedAt: string;
  seenAt: string;
  strong: boolean;
  userAgent: string;
  address: string;
}

export interface Factors {
  password: { isSet: boolean; setAt: string | null };
  authenticatorApp: boolean;
  passkeys: { id: string; name: string; createdAt: string }[];
  recoveryCodesLeft: number;
}

const OWN = 'own-sign-in';

/** No feed tells of a person's own sign-in: what is shown is read when the page opens and after each change. */
function useOwn<Answer>(name: string, path: string) {
  const { api } = useWorkspace();
  return useQuery({
    queryKey: [OWN, name],
    queryFn: ({ signal }) => api.request<Answer>(path, { signal }),
    staleTime: 0,
  });
}

export const useSessions = () => useOwn<{ items: Session[] }>('sessions', '/v1/sessions');
export const useFactors = () => useOwn<Factors>('factors', '/v1/factors');

export function hasSecondFactor({ authenticatorApp, passkeys }: Factors): boolean {
  return authenticatorApp || passkeys.length > 0;
}

interface Change {
  path: string;
  body?: unknown;
}

/** Posts a change; the page shows what became of it. */
export function useOwnChange<Answer>(onDone: (answer: Answer) => void = () => undefined) {
  const { api } = useWorkspace();
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ path, body }: Change) => api.request<Answer>(path, { method: 'POST', body }),
    onSuccess: (answer) => {
      onDone(answer);
      return client.invalidateQueries({ queryKey: [OWN] });
    },
  });
}
