import { useQueryClient } from '@tanstack/react-query';
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
      void queries.invalidateQueries();
    };
    source.onerror = () => setReachable(false);
    source.addEventListener('change', ({ data }: MessageEvent<string>) => {
      const change = JSON.parse(data) as SimulatorEvent;
      if (change.type === 'faults') void queries.invalidateQueries({ queryKey: ['faults'] });
      if (change.type === 'person') void queries.invalidateQueries({ queryKey: keys.people });
      if (change.type === 'message' || change.type === 'typing') {
        void queries.invalidateQueries({ queryKey: keys.chat(change.personId, change.phoneNumberId) });
      }
    });
    return () => source.close();
  }, [queries]);
  return reachable;
}
