import { Int32 } from 'bson';

import { refuse } from '../errors.ts';
import { LARGEST_MESSAGE } from '../wire.ts';
import { type Command, define } from './command.ts';

const VERSION = '7.0.0';
const WIRE_VERSION = 21; // MongoDB 7.0: what the operations here are modelled on

/**
 * Says what this server is: alone and writable, without transactions. It names no topology version, so drivers ask
 * now and then instead of holding a stream of answers open: nothing ever changes here.
 */
const hello = define(
  ['helloOk', 'client', 'compression', 'hostInfo', 'backpressure', 'loadBalanced', 'speculativeAuthenticate'],
  (command, { now }, { connectionId }) => {
    if (command['loadBalanced'] === true) throw refuse('Load balancing');
    if (command['speculativeAuthenticate'] !== undefined) throw refuse('Authentication');
    return {
      helloOk: true,
      ismaster: true,
      isWritablePrimary: true,
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
