/**
 * A process that opens embedded servers for a test: takes its options as JSON, tells its addresses and progress as
 * JSON lines, closes when it reads a line, and ends with its parent.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { openEmbedded } from '../../embedded/index.ts';

const options = JSON.parse(process.argv[2] ?? '') as Parameters<typeof openEmbedded>[0];
const input = createInterface({ input: process.stdin });
const tell = (message: object): void => console.log(JSON.stringify(message));

input.once('close', () => process.exit(0));
try {
  const servers = await openEmbedded({ ...options, onProgress: (progress) => tell({ progress }) });
  tell({ ready: { redisUrl: servers.redisUrl, mongodbUri: servers.mongodbUri } });
  await once(input, 'line');
  await servers.close();
  process.exit(0);
} catch (error) {
  tell({ failed: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}
