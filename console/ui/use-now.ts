import { useEffect, useState } from 'react';

/** The present as `read` tells it (ms), renewed every `intervalMs`; `null` holds it still. */
export function useNow(intervalMs: number | null, read: () => number = Date.now): number {
  const [now, setNow] = useState(read);
  useEffect(() => {
    if (intervalMs === null) return undefined;
    setNow(read());
    const timer = setInterval(() => setNow(read()), intervalMs);
    return () => clearInterval(timer);
  }, [intervalMs, read]);
  return now;
}
