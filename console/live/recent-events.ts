import type { FeedEvent } from './feed.ts';

/**
 * The last events of the feed, so that an answer that was under way while an event arrived does not
 * bring back the state from before it: whoever reads takes a mark first, and applies what came since.
 */
export interface RecentEvents {
  add: (event: FeedEvent) => void;
  /** A point in time to ask `since` with. */
  mark: () => number;
  /** What arrived after the mark, oldest first. */
  since: (mark: number) => FeedEvent[];
}

/** Keeps the newest `limit` events: far more than arrive during one request. */
export function createRecentEvents(limit = 500): RecentEvents {
  let events: FeedEvent[] = [];
  let dropped = 0;
  return {
    add(event) {
      events.push(event);
      if (events.length < 2 * limit) return;
      dropped += events.length - limit;
      events = events.slice(-limit);
    },
    mark: () => dropped + events.length,
    since: (mark) => events.slice(Math.max(0, mark - dropped)),
  };
}
