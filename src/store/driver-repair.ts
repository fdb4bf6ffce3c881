/**
 * A repair of MongoDB's driver (7.8). Its `writeCommand` waits for the socket's `drain` or `error` and for nothing
 * else. A socket that has just been destroyed, whose `close` is still to come, emits neither: whoever takes that
 * connection from the pool in between waits for ever, and with it every read or write that goes together with it.
 * The same when the socket closes without an error while what was written waits to be sent. Here such a write fails
 * as the driver's other network errors do. The driver has no setting that ends such a wait.
 */
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';

import mongoose from 'mongoose';

const { MongoNetworkError, MongoError } = mongoose.mongo;

type Write = (this: DriverConnection, ...rest: unknown[]) => Promise<void>;

/** What is used here of the driver's own class. */
interface DriverConnection {
  socket: Socket;
  onError(error: Error): void;
}

interface DriverClass {
  prototype: { writeCommand: Write };
}

let isRepaired = false;

/** Repairs the driver that Mongoose uses; once for a process. */
export function repairDriver(): void {
  if (isRepaired) return;
  isRepaired = true;
  const ofMongoose = createRequire(createRequire(import.meta.url).resolve('mongoose'));
  const { Connection } = ofMongoose('mongodb/lib/cmap/connection.js') as { Connection: DriverClass };
  const { writeCommand } = Connection.prototype;
  Connection.prototype.writeCommand = async function (...rest) {
    const { socket } = this;
    if (socket.destroyed) throw lost(this);
    let closed: () => void = () => undefined;
    const closing = new Promise<never>((_resolve, reject) => {
      closed = () => reject(lost(this));
      socket.once('close', closed);
    });
    try {
      await Promise.race([writeCommand.apply(this, rest), closing]);
    } catch (error) {
      throw error instanceof MongoError ? error : lost(this, error);
    } finally {
      socket.removeListener('close', closed);
    }
  };
}

function lost(connection: DriverConnection, cause?: unknown): Error {
  const error = new MongoNetworkError(
    'The connection was lost while a command was written to it.',
    cause instanceof Error ? { cause } : {},
  );
  connection.onError(error);
  return error;
}
