import { Int32, Long, ObjectId } from 'bson';

import { refuse } from '../errors.ts';
import { isDocument } from '../values/values.ts';
import { LARGEST_MESSAGE } from '../wire.ts';
import { type Command, define, numberField } from './command.ts';

const VERSION = '7.0.0';
const WIRE_VERSION = 21; // MongoDB 7.0: what the operations here are modelled on
const PROCESS_ID = new ObjectId();
const TOPOLOGY_VERSION = { processId: PROCESS_ID, counter: Long.ZERO };

/**
 * Says what this server is: alone and writable, without transactions. A driver that watches the server sends the
 * topology version it knows with `maxAwaitTimeMS`; as nothing ever changes, the answer is held back for that time.
 */
const hello = define(
  [
    'helloOk',
    'client',
    'compression',
    'topologyVersion',
    'maxAwaitTimeMS',
    'hostInfo',
    'backpressure',
    'loadBalanced',
    'speculativeAuthenticate',
  ],
  async (command, { stopping, now }, { connectionId, closed }) => {
    if (command['loadBalanced'] === true) throw refuse('Load balancing');
    if (command['speculativeAuthenticate'] !== undefined) throw refuse('Authentication');
    if (isDocument(command['topologyVersion'])) {
      const signals = closed ? [stopping.signal, closed] : [stopping.signal];
      await pause(numberField(command, 'maxAwaitTimeMS'), AbortSignal.any(signals));
    }
    return {
      helloOk: true,
      ismaster: true,
      isWritablePrimary: true,
      topologyVersion: TOPOLOGY_VERSION,
      maxBsonObjectSize: new Int32(16 * 1_024 * 1_024),
      maxMessageSizeBytes: new Int32(LARGEST_MESSAGE),
      maxWriteBatchSize: new Int32(100_000),
      localTime: new Date(now()),
      logicalSessionTimeoutMinutes: new Int32(30),
      connectionId: new Int32(connectionId),
      minWireVersion: new Int32(0),
      maxWireVersion: new Int32(WIRE_VERSION),
      readOnly: false,
    };
  },
);

function pause(milliseconds: number, until: AbortSignal): Promise<void> {
  if (until.aborted || milliseconds <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      until.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    until.addEventListener('abort', done);
  });
}

const nothing = define([], () => ({}));

export const SESSION_COMMANDS: Readonly<Record<string, Command>> = {
  hello,
  isMaster: hello,
  ismaster: hello,
  ping: nothing,
  endSessions: nothing,
  buildInfo: define([], () => ({
    version: VERSION,
    versionArray: VERSION.split('.').map((part) => new Int32(Number(part))),
    gitVersion: 'embedded',
    modules: [],
    bits: new Int32(64),
    maxBsonObjectSize: new Int32(16 * 1_024 * 1_024),
    storageEngines: ['lmdb'],
  })),
};
