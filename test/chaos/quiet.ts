/** Waits until nothing is on its way any more: no notification, no item in a lane, nothing due, nothing spooled. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import type { Api } from '../../scripts/quickstart/rest.ts';
import type { Simulator } from '../../simulator/index.ts';
import type { Answers } from './answers.ts';
import { busyQueues, shownByRest } from './observe.ts';
import type { Shown } from './record.ts';
import type { Stack } from './stack.ts';
import type { Traffic } from './traffic.ts';

const LOOK_EVERY_MS = 1_000;

interface Scene {
  dataDir: string;
  stack: Stack;
  simulator: Simulator;
  traffic: Traffic;
  answers: Answers;
  apis: Record<string, Api>;
}

/** @returns what REST shows then, and what was still to be done when the time was up: nothing for a good run */
export async function untilQuiet(
  scene: Scene,
  withinMs: number,
  tell: (line: string) => void,
): Promise<{ shown: Shown[]; unquiet: string[] }> {
  const end = Date.now() + withinMs;
  for (;;) {
    const unquiet = await whatGoesOn(scene).catch((error: unknown) => [String(error)]);
    const isOver = Date.now() > end;
    if (unquiet.length > 0 && !isOver) {
      tell(`waiting for quiet: ${unquiet.join('; ')}`);
      await pause(LOOK_EVERY_MS);
      continue;
    }
    const shown = await shownByRest(scene.apis);
    const sending = shown.filter(({ status }) => status === 'queued' || status === 'sending').length;
    if (sending === 0 || isOver) return { shown, unquiet };
    tell(`waiting for quiet: ${sending} messages on their way to Meta`);
    await pause(LOOK_EVERY_MS);
  }
}

async function whatGoesOn({ dataDir, stack, simulator, traffic, answers }: Scene): Promise<string[]> {
  const open = simulator.deliveries.filter(
    ({ state }) => state !== 'accepted' && state !== 'given-up',
  ).length;
  if (open > 0) return [`${open} notifications not acknowledged`];
  if (answers.open > 0) return [`${answers.open} answers not taken`];
  await traffic.settled();
  const segments = await spooledSegments(join(dataDir, 'spool'));
  if (segments > 0) return [`${segments} segments in the spool`];
  const busy = await busyQueues(stack);
  if (busy.length > 0) return busy;
  await simulator.idle(LOOK_EVERY_MS);
  return [];
}

async function spooledSegments(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => name.endsWith('.segment')).length;
}
