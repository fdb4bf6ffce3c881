/**
 * The conversation between whoever wants embedded servers and the supervisor that runs them: JSON objects, one a line,
 * over a Unix socket. The connection is the lease: while it is open, the servers run.
 */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { z } from 'zod';

/** Raised with every change of the messages: processes of two versions must not guess at each other. */
export const PROTOCOL = '1';

/** Bytes of a socket's path that every system takes (Linux 108, macOS 104, with the end mark). */
const SOCKET_PATH_LIMIT = 100;

const wantSchema = z.object({
  redis: z.boolean(),
  mongodb: z.enum(['none', 'auto', 'builtin']),
  /** How long the servers stay when this lease was the last, in milliseconds. */
  lingerMs: z.number().int().min(0),
});

const requestSchema = z.union([
  z.strictObject({ want: wantSchema }),
  /** The lease ends. With a linger of 0 the connection stays open until the servers have stopped. */
  z.strictObject({ release: z.literal(true) }),
]);

const addressesSchema = z.object({ redisUrl: z.string().optional(), mongodbUri: z.string().optional() });

const replySchema = z.union([
  z.strictObject({ progress: z.string() }),
  z.strictObject({ ready: addressesSchema }),
  z.strictObject({ failed: z.string() }),
  /** No new lease any more: come again when this connection has closed. */
  z.strictObject({ stopping: z.literal(true) }),
]);

export type Want = z.infer<typeof wantSchema>;
export type Addresses = z.infer<typeof addressesSchema>;
type Request = z.infer<typeof requestSchema>;
export type Reply = z.infer<typeof replySchema>;

/** Hands each request of a client to `handle`; a line that is none ends the connection. */
export function readRequests(socket: Socket, handle: (request: Request) => void): void {
  readLines(socket, (line) => handle(requestSchema.parse(line)));
}

/** Hands each reply of the supervisor to `handle`; a line that is none ends the connection. */
export function readReplies(socket: Socket, handle: (reply: Reply) => void): void {
  readLines(socket, (line) => handle(replySchema.parse(line)));
}

/** Sends one message; a connection that is closing takes none. */
export function send(socket: Socket, message: Request | Reply): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}

function readLines(socket: Socket, handle: (line: unknown) => void): void {
  const lines = createInterface({ input: socket });
  // The reader repeats the errors of its socket; a connection that breaks is simply over.
  lines.on('error', () => socket.destroy());
  lines.on('line', (line) => {
    try {
      handle(JSON.parse(line));
    } catch {
      // Nobody of ours speaks so, and there is nothing to say to a stranger.
      socket.destroy();
    }
  });
}

/** Folder of everything that the supervisor of this data folder keeps about itself. */
export function supervisorFolder(dataFolder: string): string {
  return join(dataFolder, 'embedded');
}

/**
 * Folders in which the control socket may stand, best first. A long DATA_DIR leaves no room in the address, and some
 * shared folders hold no sockets, so the system's folder for temporary files is the other choice.
 */
export function socketFolders(dataFolder: string): string[] {
  const short = `whatsper-${createHash('sha256').update(dataFolder).digest('hex').slice(0, 16)}`;
  const folders = [supervisorFolder(dataFolder), join(tmpdir(), short), join('/tmp', short)];
  return folders.filter(
    (folder) => Buffer.byteLength(socketPath(folder, 'x'.repeat(8))) <= SOCKET_PATH_LIMIT,
  );
}

/** The socket's path in one of those folders; `name` has 8 characters. */
export function socketPath(folder: string, name: string): string {
  return join(folder, `${name}.sock`);
}
