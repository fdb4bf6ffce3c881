import { type QueryClient, type QueryKey, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import type { SimulatorEvent } from '../events.ts';

/** Keys of what the page has fetched. */
export const keys = {
  people: ['people'],
  chat: (personId: string, phoneNumberId: string) => ['chat', personId, phoneNumberId],
};

/** Fetches again whatever the simulator says has changed. @returns whether the simulator is reachable */
export function useChanges(): boolean {
  const queries = useQueryClient();
  const [reachable, setReachable] = useState(true);
  useEffect(() => {
    const source = new EventSource('control/events');
    source.onopen = () => {
      setReachable(true);
      // What happened while there was no connection is unknown.
      void readAgain(queries);
    };
    source.onerror = () => setReachable(false);
    source.addEventListener('change', ({ data }: MessageEvent<string>) => {
      const change = JSON.parse(data) as SimulatorEvent;
      if (change.type === 'faults') void readAgain(queries, ['faults']);
      if (change.type === 'person') void readAgain(queries, keys.people);
      if (change.type === 'message' || change.type === 'typing') {
        void readAgain(queries, keys.chat(change.personId, change.phoneNumberId));
      }
    });
    return () => source.close();
  }, [queries]);
  return reachable;
}

/** Also what is being read for the first time: that answer may be older than the change, and would stay. */
async function readAgain(queries: QueryClient, queryKey: QueryKey = []): Promise<void> {
  await queries.cancelQueries({ queryKey, predicate: ({ state }) => state.data === undefined });
  await queries.invalidateQueries({ queryKey });
}
