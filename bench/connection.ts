/** HTTP over bare sockets: a load generator should cost little beside what it measures. */
import { connect, type Socket } from 'node:net';

type Done = (status: number) => void;

/** One kept-alive connection with at most one request on its way. */
export class Connection {
  readonly #socket: Socket;
  #answer = '';
  #done: Done | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => this.#read(chunk));
    socket.on('error', () => undefined); // `close` follows
    socket.on('close', () => this.#finish(0));
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new Connection(socket);
  }

  /** Opens several. */
  static async openMany(port: number, count: number): Promise<Connection[]> {
    return Promise.all(Array.from({ length: count }, () => Connection.open(port)));
  }

  /** Sends a whole request; `done` gets the status, 0 when the connection broke. */
  send(request: Buffer, done: Done): void {
    this.#done = done;
    if (this.#socket.destroyed) this.#finish(0);
    else this.#socket.write(request);
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: string): void {
    this.#answer += chunk;
    const end = endOfAnswer(this.#answer);
    if (end === undefined) return;
    const status = Number(this.#answer.slice(9, 12));
    this.#answer = this.#answer.slice(end);
    this.#finish(status);
  }

  #finish(status: number): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(status);
  }
}

/** Where the first answer of the text ends; undefined while it is not whole. */
function endOfAnswer(text: string): number | undefined {
  const head = text.indexOf('\r\n\r\n');
  if (head === -1) return undefined;
  const headers = text.slice(0, head);
  const length = /\r\ncontent-length: *(\d+)/i.exec(headers)?.[1];
  if (length !== undefined) {
    const end = head + 4 + Number(length);
    return text.length >= end ? end : undefined;
  }
  if (!/\r\ntransfer-encoding: *chunked/i.test(headers)) return head + 4;
  const last = text.indexOf('0\r\n\r\n', head + 4);
  return last === -1 ? undefined : last + 5;
}
