/**
 * Reading a request's body within bounds: of size, of time, and of all that are read or handled at the same moment.
 */
import type { IncomingMessage } from 'node:http';

export interface BodyLimits {
  /** Bytes of one body. */
  size: number;
  /** Bytes of all bodies that are being read or handled. */
  together: number;
  /** How often the speed of a body is looked at, in milliseconds. */
  lookEveryMs: number;
  /** Bytes that must have come between two looks. */
  bytesPerLook: number;
}

export const BODY_LIMITS: BodyLimits = {
  /** WhatsApp sends up to 3 MB. */
  size: 4 * 1024 * 1024,
  /** Ten of the largest, ten thousand of the usual. */
  together: 32 * 1024 * 1024,
  lookEveryMs: 5_000,
  /** 8 kB a second: the slowest modem is faster. */
  bytesPerLook: 5 * 8 * 1024,
};

export type BodyProblem = 'too-large' | 'cut-off' | 'too-slow' | 'no-room';

/** Bytes of bodies that this process holds. */
export class BodyRoom {
  readonly limits: BodyLimits;
  #held = 0;

  constructor(limits: BodyLimits) {
    this.limits = limits;
  }

  get held(): number {
    return this.#held;
  }

  /** Reads a body, for which room is held until it is released; what breaks the limits is told as the problem. */
  hold(request: IncomingMessage): { body: Promise<Buffer | BodyProblem>; release: () => void } {
    let held = 0;
    const hold = (bytes: number) => {
      held += bytes;
      this.#held += bytes;
      return this.#held <= this.limits.together;
    };
    const release = () => {
      this.#held -= held;
      held = 0;
    };
    return { body: read(request, this.limits, hold), release };
  }
}

function read(
  request: IncomingMessage,
  { size, lookEveryMs, bytesPerLook }: BodyLimits,
  hold: (bytes: number) => boolean,
): Promise<Buffer | BodyProblem> {
  if (Number(request.headers['content-length'] ?? 0) > size) return Promise.resolve('too-large');
  return new Promise((resolve) => {
    let bytes: Buffer = Buffer.alloc(0);
    let length = 0;
    let atLastLook = 0;
    const timer = setInterval(() => {
      if (length - atLastLook < bytesPerLook) finish('too-slow');
      atLastLook = length;
    }, lookEveryMs);
    const onData = (chunk: Buffer) => {
      if (length + chunk.length > size) return finish('too-large');
      if (!hold(chunk.length)) return finish('no-room');
      bytes = length === 0 ? chunk : appended(bytes, length, chunk);
      length += chunk.length;
    };
    const onEnd = () => finish(bytes.subarray(0, length));
    const onClose = () => finish('cut-off');
    const finish = (outcome: Buffer | BodyProblem) => {
      clearInterval(timer);
      request.off('data', onData).off('end', onEnd).off('close', onClose);
      resolve(outcome);
    };
    request.on('data', onData).on('end', onEnd).on('close', onClose);
  });
}

/** Grows by doubling: a body may come byte by byte, and an object for each would be many times its size. */
function appended(bytes: Buffer, length: number, chunk: Buffer): Buffer {
  let room = bytes;
  if (length + chunk.length > bytes.length) {
    room = Buffer.allocUnsafe(Math.max(16 * 1024, 2 * (length + chunk.length)));
    bytes.copy(room, 0, 0, length);
  }
  chunk.copy(room, length);
  return room;
}
