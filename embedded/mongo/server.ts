import { createServer, type Server, type Socket } from 'node:net';

import { type CommandContext, type Session } from './commands/command.ts';
import { COMMANDS } from './commands/table.ts';
import { MongoError } from './errors.ts';
import { Cursors } from './query/cursors.ts';
import { Catalog } from './storage/catalog.ts';
import { startExpiry } from './storage/expiry.ts';
import { Storage } from './storage/storage.ts';
import { encodeReply, MessageReader, parseRequest, type Request } from './wire.ts';

export interface ServerOptions {
  readonly dataFolder: string;
  /** 0: a free one. */
  readonly port: number;
  /** Milliseconds between two runs of the removal of expired documents. */
  readonly expiryInterval?: number;
  /** The present time in milliseconds. */
  readonly now?: () => number;
}

export interface RunningServer {
  readonly port: number;
  /** Answers what has begun, then closes connections and files. */
  stop(): Promise<void>;
}

const EXPIRY_INTERVAL = 60_000; // milliseconds, MongoDB's own

/** Opens the data folder and serves it on 127.0.0.1. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { dataFolder, port, expiryInterval = EXPIRY_INTERVAL, now = Date.now } = options;
  const storage = new Storage(dataFolder);
  const catalog = new Catalog(storage);
  const context: CommandContext = {
    storage,
    catalog,
    cursors: new Cursors(now),
    now,
  };
  const connections = new Map<Socket, Promise<void>>();
  let lastConnection = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    lastConnection += 1;
    serve(socket, context, { connectionId: lastConnection }, connections);
  });
  await listen(server, port);
  const expiry = startExpiry(context, expiryInterval);
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all([expiry.stop(), ...connections.values()]);
      for (const socket of connections.keys()) socket.destroy();
      await closed;
      await storage.close();
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Answers the requests of one connection, one after the other. */
function serve(
  socket: Socket,
  context: CommandContext,
  session: Session,
  connections: Map<Socket, Promise<void>>,
): void {
  const reader = new MessageReader();
  let last = Promise.resolve();
  connections.set(socket, last);
  const answer = async (message: Buffer): Promise<void> => {
    const request = parseRequest(message);
    const reply = await execute(request, context, session);
    if (!request.silent && !socket.destroyed) socket.write(encodeReply(request, reply));
  };
  socket.on('data', (bytes) => {
    try {
      for (const message of reader.push(bytes)) {
        // What cannot be read as a request ends the connection: there is no way to answer it.
        last = last.then(() => answer(message)).catch(() => void socket.destroy());
        connections.set(socket, last);
      }
    } catch {
      socket.destroy();
    }
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => connections.delete(socket));
}

async function execute({ command }: Request, context: CommandContext, session: Session): Promise<object> {
  const [name = ''] = Object.keys(command);
  try {
    const run = COMMANDS.get(name);
    if (!run) {
      throw new MongoError(
        59,
        `no such command: '${name}' (the embedded server has only what the product uses)`,
      );
    }
    return { ...(await run(command, context, session)), ok: 1 };
  } catch (error) {
    return failure(error, context);
  }
}

function failure(error: unknown, { catalog }: CommandContext): object {
  if (error instanceof MongoError) {
    return { ok: 0, errmsg: error.message, code: error.code, codeName: error.codeName, ...error.details };
  }
  // A commit that failed (a full disk) took its changes back; what memory knows of them must go, too.
  catalog.reload();
  const message = error instanceof Error ? error.message : String(error);
  const full = /MDB_MAP_FULL|No space|ENOSPC/.test(message);
  return {
    ok: 0,
    errmsg: message,
    code: full ? 14031 : 1,
    codeName: full ? 'OutOfDiskSpace' : 'InternalError',
  };
}
