import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** So close to the end (px) the reader follows the newest message. */
const AT_END_PX = 60;
/** So close to the beginning (px) older messages are asked for. */
const NEAR_START_PX = 400;

interface ThreadScrollOptions {
  scroller: RefObject<HTMLElement | null>;
  content: RefObject<HTMLElement | null>;
  /** The ids of what is shown, old to new; elements carry them as `data-key`. */
  keys: string[];
  /** A change of it goes to the end, wherever the reader is: the agent has sent something. */
  jumpOn: string | null;
  /** Asks for older messages; `null` while there are none or they are under way. */
  nearStart: (() => void) | null;
}

/**
 * Keeps the reader's place. At the end the view follows what arrives; elsewhere the message on top of
 * the view stays where it is when older ones come in above it or newer ones below, and the newer ones
 * are counted.
 */
export function useThreadScroll({ scroller, content, keys, jumpOn, nearStart }: ThreadScrollOptions) {
  const atEnd = useRef(true);
  const anchor = useRef<{ key: string; offset: number } | null>(null);
  const [awayFromEnd, setAwayFromEnd] = useState(false);
  const [seenKey, setSeenKey] = useState(keys.at(-1) ?? null);
  const newestKey = keys.at(-1) ?? null;
  if (!awayFromEnd && seenKey !== newestKey) setSeenKey(newestKey);

  const toEnd = useCallback(() => {
    const view = scroller.current;
    if (view !== null) view.scrollTop = view.scrollHeight;
  }, [scroller]);

  const settle = useCallback(() => {
    const view = scroller.current;
    if (view === null) return;
    if (atEnd.current) view.scrollTop = view.scrollHeight;
    else restore(view, anchor.current);
    anchor.current = topMessage(view);
  }, [scroller]);

  const lastJump = useRef(jumpOn);
  useLayoutEffect(() => {
    if (jumpOn !== null && jumpOn !== lastJump.current) atEnd.current = true;
    lastJump.current = jumpOn;
    settle();
  });

  useEffect(() => {
    const view = scroller.current;
    if (view === null || content.current === null) return undefined;
    const onScroll = (): void => {
      atEnd.current = view.scrollHeight - view.scrollTop - view.clientHeight <= AT_END_PX;
      anchor.current = topMessage(view);
      setAwayFromEnd(!atEnd.current);
    };
    view.addEventListener('scroll', onScroll, { passive: true });
    // The composer grows, a message unfolds, the window turns: without a scroll event.
    const sizes = new ResizeObserver(settle);
    sizes.observe(view);
    sizes.observe(content.current);
    return () => {
      view.removeEventListener('scroll', onScroll);
      sizes.disconnect();
    };
  }, [scroller, content, settle]);

  useEffect(() => {
    const view = scroller.current;
    if (view === null || nearStart === null) return undefined;
    const ask = (): void => {
      if (view.scrollTop < NEAR_START_PX) nearStart();
    };
    ask(); // a page may be shorter than the screen
    view.addEventListener('scroll', ask, { passive: true });
    return () => view.removeEventListener('scroll', ask);
  }, [scroller, nearStart]);

  return { unseen: awayFromEnd ? countAfter(keys, seenKey) : 0, awayFromEnd, toEnd };
}

function countAfter(keys: string[], seenKey: string | null): number {
  const index = seenKey === null ? -1 : keys.lastIndexOf(seenKey);
  return index === -1 ? 0 : keys.length - 1 - index;
}

/** The first message that is in view, and how far below the view's top it begins (px). */
function topMessage(view: HTMLElement): { key: string; offset: number } | null {
  const top = view.getBoundingClientRect().top;
  for (const element of view.querySelectorAll<HTMLElement>('[data-key]')) {
    const place = element.getBoundingClientRect();
    if (place.bottom > top) return { key: element.dataset.key ?? '', offset: place.top - top };
  }
  return null;
}

function restore(view: HTMLElement, anchor: { key: string; offset: number } | null): void {
  if (anchor === null) return;
  const element = view.querySelector(`[data-key="${CSS.escape(anchor.key)}"]`);
  if (element === null) return;
  const moved = element.getBoundingClientRect().top - view.getBoundingClientRect().top - anchor.offset;
  if (moved !== 0) view.scrollTop += moved;
}
