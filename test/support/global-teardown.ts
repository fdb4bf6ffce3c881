import { rm } from 'node:fs/promises';

import { takeForTeardown } from './embedded.ts';

/** Stops the servers that the set-up opened and removes their data. */
export default async function tearDown(): Promise<void> {
  const opened = takeForTeardown();
  if (opened === undefined) return;
  await opened.servers.close();
  await rm(opened.dataDir, { recursive: true, force: true });
}
