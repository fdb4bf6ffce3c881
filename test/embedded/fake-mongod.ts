/**
 * Stands in for a real `mongod` in tests: takes its arguments, notes them beside its data, serves with our own server,
 * and says so in mongod's words.
 */
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { startServer } from '../../embedded/mongo/server.ts';

const { values } = parseArgs({
  options: {
    dbpath: { type: 'string', default: '' },
    bind_ip: { type: 'string' },
    port: { type: 'string' },
    nounixsocket: { type: 'boolean' },
  },
});

await appendFile(join(values.dbpath, 'arguments'), `${process.argv.slice(2).join(' ')}\n`);
const server = await startServer({ dataFolder: values.dbpath, port: Number(values.port) });
process.on('SIGTERM', () => {
  server.stop().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
console.log(
  JSON.stringify({ id: 23016, msg: 'Waiting for connections', attr: { port: server.port, ssl: 'off' } }),
);
