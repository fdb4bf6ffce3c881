import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openEmbedded } from '../../embedded/index.ts';
import { keepForTeardown } from './embedded.ts';

/**
 * Gives the whole run one Redis and one MongoDB: those of the environment, else embedded ones in a folder of their
 * own. Each test file takes a database and a key prefix for itself.
 */
export default async function setUp(): Promise<void> {
  const { REDIS_URL, MONGODB_URI } = process.env;
  if (REDIS_URL !== undefined && MONGODB_URI !== undefined) return;
  const dataDir = await mkdtemp(join(tmpdir(), 'whatsper-test-'));
  const servers = await openEmbedded({
    dataDir,
    redis: REDIS_URL === undefined,
    mongodb: MONGODB_URI === undefined,
    mongodbKind: 'auto',
    lingerMs: 0,
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  process.env.TEST_STARTED = [
    ...(REDIS_URL === undefined ? ['REDIS_URL'] : []),
    ...(MONGODB_URI === undefined ? ['MONGODB_URI'] : []),
  ].join(' ');
  process.env.REDIS_URL ??= servers.redisUrl;
  process.env.MONGODB_URI ??= servers.mongodbUri;
  keepForTeardown({ dataDir, servers });
}
