/**
 * Logs are an allow-list: ids, counts, durations and codes. Bodies, names, numbers, wamids, tokens and digests
 * have no key here and are dropped, whatever a caller passes (P6).
 */
import { destination, type DestinationStream, type Logger as Pino, pino } from 'pino';

export type Logger = Pick<Pino, 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'level'>;

const ALLOWED = new Set([
  'tenantId',
  'channelId',
  'conversationId',
  'messageId',
  'contactId',
  'endpointId',
  'deadLetterId',
  'keyId',
  'requestId',
  'event',
  'outcome',
  'reason',
  'status',
  'code',
  'type',
  'kind',
  'method',
  'route',
  'queue',
  'worker',
  'role',
  'signal',
  'part',
  'items',
  'count',
  'bytes',
  'attempt',
  'attempts',
  'lanes',
  'ms',
  'waitMs',
  'port',
  'pid',
  'host',
  'version',
  'field',
  'err',
  'url',
  'operator',
]);

/** An error's name, code and stack without its message: messages of drivers and HTTP clients quote what they carried. */
function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error };
  const code = (error as { code?: unknown }).code;
  const frames = framesOf(error);
  const cause: unknown = error.cause;
  return {
    name: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error instanceof SafeError ? { message: error.message } : {}),
    frames,
    ...(cause instanceof Error ? { cause: errorFields(cause) } : {}),
  };
}

/** Where it was thrown. The message stands before the frames, and its lines may look like frames. */
function framesOf({ stack = '', message }: Error): string[] {
  const start = message === '' ? 0 : stack.indexOf(message) + message.length;
  const lines = message === '' || stack.includes(message) ? stack.slice(start).split('\n') : [];
  return lines
    .map((line) => line.trim())
    .filter((line) => /^at .+:\d+:\d+\)?$/.test(line))
    .slice(0, 8);
}

/** An error whose message is ours and holds no personal data, so that the log may show it. */
export class SafeError extends Error {
  override name = 'SafeError';
}

function allowed(fields: Record<string, unknown>): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const key of Object.keys(fields)) {
    if (!ALLOWED.has(key)) continue;
    const value = fields[key];
    shown[key] = key === 'err' ? errorFields(value) : scalar(value);
  }
  return shown;
}

function scalar(value: unknown): unknown {
  return value === null || ['string', 'number', 'boolean', 'undefined'].includes(typeof value)
    ? value
    : undefined;
}

/**
 * Lines go out together, a hundred of them or after this time: a call of the system for each would cost a tenth of
 * what it costs to take a webhook. What is left is written when the process ends, also after an error that nobody
 * caught; only a process that is killed takes its last lines with it.
 */
const FLUSH_MS = 50;
const FLUSH_AT_BYTES = 16_000;

/** JSON lines on standard output (or to `stream` in tests). */
export function createLogger(level: string, stream?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    formatters: { log: allowed },
    serializers: { err: (value: unknown) => value },
  };
  return pino(options, stream ?? standardOutput());
}

function standardOutput(): DestinationStream {
  const output = destination({ dest: process.stdout.fd, sync: false, minLength: FLUSH_AT_BYTES });
  let flushing: NodeJS.Timeout | undefined;
  const flush = () => {
    flushing = undefined;
    output.flush();
  };
  return {
    write(line) {
      output.write(line);
      flushing ??= setTimeout(flush, FLUSH_MS).unref();
    },
  };
}
