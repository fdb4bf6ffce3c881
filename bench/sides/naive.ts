import { compiled, startProgram } from '../programs.ts';
import { numbersOf, plainEnvironment, type Side, type SideOptions } from './side.ts';

const SECRET = 'bench-secret';

/** What a tutorial builds (bench/naive.ts). */
export async function openNaive(options: SideOptions): Promise<Side> {
  const { servers, folder, endpointUrl, businesses, run, profile } = options;
  const file = await compiled('naive');
  const database = `bench_${run}_naive`;
  const numbers = numbersOf(businesses);
  return {
    name: 'naive',
    database,
    target: { path: '/webhook', secret: SECRET },
    numbers,
    start: (part) =>
      startProgram({
        name: `naive-${part}`,
        file,
        environment: {
          ...plainEnvironment(),
          ...(process.env.CONCURRENCY === undefined ? {} : { CONCURRENCY: process.env.CONCURRENCY }),
          ROLE: part,
          APP_SECRET: SECRET,
          AGENT_URL: endpointUrl,
          REDIS_URL: servers.redisUrl,
          MONGODB_URI: servers.databaseUri(database),
        },
        logs: folder,
        profile,
      }),
    feed: (business, port) => ({ port, path: `/events/${numbers[business]?.phoneNumberId}`, headers: {} }),
    stored: () => servers.rows(database, 'messages').countDocuments(),
    close: () => servers.dropDatabase(database),
  };
}
