/** What the page of API keys reads and writes. */
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';

import type { Page } from '../api/types.ts';
import { useWorkspace } from '../app/workspace.ts';

export const KEY_SCOPES = [
  'conversations:read',
  'conversations:write',
  'conversations:assign',
  'messages:read',
  'messages:send',
  'contacts:read',
  'contacts:write',
  'channels:read',
  'channels:write',
  'costs:read',
  'endpoints:read',
  'endpoints:write',
  'dead-letters:read',
  'dead-letters:write',
  'audit:read',
] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];

export interface ApiKey {
  id: string;
  name: string;
  scopes: KeyScope[];
  createdAt: string;
  createdBy: { principal: string; name: string | null } | null;
  expiresAt: string | null;
  rotatedAt: string | null;
  previousUntil: string | null;
  lastUsedAt: string | null;
  revokedAt: string | null;
}

/** The key itself is in this answer only. */
export type ShownKey = ApiKey & { key: string };

const KEYS = ['api-keys'] as const;

export function useKeys() {
  const { api } = useWorkspace();
  return useInfiniteQuery({
    queryKey: KEYS,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const cursor = pageParam === null ? '' : `&cursor=${encodeURIComponent(pageParam)}`;
      return api.request<Page<ApiKey>>(`/v1/keys?limit=50${cursor}`, { signal });
    },
    getNextPageParam: (page) => page.nextCursor,
    staleTime: 0, // no feed tells of keys
  });
}

interface Change {
  method: 'POST' | 'PATCH';
  path: string;
  body?: unknown;
}

/** A change of the keys; the list is read again after it. */
export function useKeyChange<Answer extends ApiKey>(onDone: (answer: Answer) => void = () => undefined) {
  const { api } = useWorkspace();
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ path, ...request }: Change) => api.request<Answer>(path, request),
    onSuccess: (answer) => {
      onDone(answer);
      return client.invalidateQueries({ queryKey: KEYS });
    },
  });
}

const SOON_MS = 14 * 86_400_000;

export function keyState(
  { revokedAt, expiresAt }: ApiKey,
  now: number,
): 'revoked' | 'expired' | 'soon' | 'live' {
  if (revokedAt !== null) return 'revoked';
  if (expiresAt === null) return 'live';
  const left = Date.parse(expiresAt) - now;
  if (left <= 0) return 'expired';
  return left <= SOON_MS ? 'soon' : 'live';
}
