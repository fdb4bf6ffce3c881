/** Requests at a receiver: as many as it takes, or at a given rate. */
import { setTimeout as pause } from 'node:timers/promises';

import type { Connection } from './connection.ts';
import { percentile, rounded } from './statistics.ts';

export interface Load {
  requestsPerSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** Answers other than 200. */
  failures: number;
}

interface Measured {
  latencies: number[];
  failures: number;
}

/** Every connection sends its next request when the last is answered. The first part is not counted. */
export async function closedLoop(
  connections: Connection[],
  next: () => Buffer,
  times: { warmUpMs: number; seconds: number; onMeasuring?: () => void },
): Promise<Load> {
  let measured: Measured = { latencies: [], failures: 0 };
  let ended = false;
  const loops = connections.map(
    (connection) =>
      new Promise<void>((resolve) => {
        const turn = () => {
          if (ended) return resolve();
          const from = performance.now();
          connection.send(next(), (status) => {
            measured.latencies.push(performance.now() - from);
            if (status !== 200) measured.failures += 1;
            // A refused connection would call itself without end.
            setImmediate(turn);
          });
        };
        turn();
      }),
  );
  await pause(times.warmUpMs);
  measured = { latencies: [], failures: 0 };
  times.onMeasuring?.();
  const from = performance.now();
  await pause(times.seconds * 1000);
  const result = loadOf(measured, performance.now() - from);
  ended = true;
  await Promise.all(loops);
  return result;
}

/**
 * Sends at a rate whatever the answers do. A request that finds no free connection waits, and its time counts from
 * when it was due: a receiver that stalls can't hide it.
 */
export async function openLoop(
  connections: Connection[],
  next: () => Buffer,
  { rate, seconds }: { rate: number; seconds: number },
): Promise<Load> {
  const measured: Measured = { latencies: [], failures: 0 };
  const idle = [...connections];
  const waiting: number[] = [];
  const send = (connection: Connection, dueAt: number) =>
    connection.send(next(), (status) => {
      measured.latencies.push(performance.now() - dueAt);
      if (status !== 200) measured.failures += 1;
      const due = waiting.shift();
      if (due === undefined) idle.push(connection);
      else send(connection, due);
    });
  const from = performance.now();
  const total = Math.max(1, Math.round(rate * seconds));
  for (let sent = 0; sent < total;) {
    const now = performance.now();
    for (; sent < total && from + (sent * 1000) / rate <= now; sent += 1) {
      const dueAt = from + (sent * 1000) / rate;
      const connection = idle.pop();
      if (connection) send(connection, dueAt);
      else waiting.push(dueAt);
    }
    await pause(1);
  }
  const elapsed = performance.now() - from;
  while (idle.length < connections.length) await pause(1);
  return loadOf(measured, elapsed);
}

function loadOf({ latencies, failures }: Measured, elapsedMs: number): Load {
  return {
    requestsPerSecond: rounded(((latencies.length - failures) * 1000) / elapsedMs),
    p50: rounded(percentile(latencies, 0.5)),
    p99: rounded(percentile(latencies, 0.99)),
    failures,
  };
}
