import { parseArgs } from 'node:util';

import { startServer } from './server.ts';

/**
 * The process: `node main.js --data <folder> [--port <number, 0 for a free one>] [--parent-pipe]`.
 * Prints `{"ready":true,"port":N}` when it serves. SIGTERM and SIGINT stop it, and with `--parent-pipe` the end
 * of its standard input, so that it never outlives the process that started it.
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    port: { type: 'string', default: '0' },
    'parent-pipe': { type: 'boolean', default: false },
    'expiry-interval': { type: 'string' },
  },
});
const port = Number(values.port);
if (!values.data || !Number.isInteger(port) || port < 0 || port > 65_535) {
  console.error(
    'Usage: main --data <folder> [--port <0-65535>] [--parent-pipe] [--expiry-interval <milliseconds>]',
  );
  process.exit(2);
}

const interval = values['expiry-interval'];
const server = await startServer({
  dataFolder: values.data,
  port,
  ...(interval !== undefined && { expiryInterval: Number(interval) }),
});
let stopping = false;

/** Stops once, whoever asks. */
function stop(): void {
  if (stopping) return;
  stopping = true;
  server.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(
        JSON.stringify({
          event: 'stop.failed',
          message: error instanceof Error ? error.message : String(error),
        }),
      );
      process.exit(1);
    },
  );
}

process.on('SIGTERM', stop);
process.on('SIGINT', stop);
if (values['parent-pipe']) process.stdin.on('end', stop).on('error', stop).resume();
console.log(JSON.stringify({ ready: true, port: server.port }));
