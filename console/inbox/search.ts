/** Search over everything the business has, beside what is loaded already. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import type { Found, Page } from '../api/types.ts';
import { useWorkspace } from '../app/workspace.ts';

/** Typing goes on: the server is asked when it pauses. */
const PAUSE_MS = 250;
/** The server finds nothing by less. */
const LEAST_CHARACTERS = 2;

export function useSearch(text: string) {
  const { api } = useWorkspace();
  const [asked, setAsked] = useState('');
  const wanted = text.trim();
  useEffect(() => {
    const timer = setTimeout(() => setAsked(wanted), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [wanted]);
  const isLong = [...wanted].length >= LEAST_CHARACTERS;
  const query = useInfiniteQuery({
    queryKey: ['search', asked],
    initialPageParam: null as string | null,
    enabled: isLong && asked === wanted,
    staleTime: 0, // the feed does not keep results current
    gcTime: 60_000,
    queryFn: ({ pageParam, signal }) => {
      const given = new URLSearchParams({ q: asked, limit: '25' });
      if (pageParam !== null) given.set('cursor', pageParam);
      return api.request<Page<Found>>(`/v1/search?${given.toString()}`, { signal });
    },
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });
  const isCurrent = isLong && asked === wanted;
  return {
    ...query,
    found: isCurrent ? (query.data?.pages.flatMap(({ items }) => items) ?? []) : [],
    /** An answer is still to come. */
    isSearching: isLong && (!isCurrent || query.isFetching),
  };
}
