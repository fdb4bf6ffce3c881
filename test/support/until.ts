/** Waits for something that another process does, looking again every few milliseconds. */
import { setTimeout as pause } from 'node:timers/promises';

const LOOK_EVERY_MS = 10;

/** @returns the first result that is neither false, null nor undefined. @throws after `withinMs` with what was waited for. */
export async function until<T>(
  what: string,
  look: () => Promise<T> | T,
  withinMs = 15_000,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== false && seen !== null && seen !== undefined) return seen;
    if (Date.now() > deadline) throw new Error(`Waited ${withinMs} ms in vain: ${what}.`);
    await pause(LOOK_EVERY_MS);
  }
}
