/**
 * Sound turned into another form by ffmpeg, when the machine has one. It is given bytes of a known format on its
 * standard input and nothing else: no files, no addresses, no playlists.
 */
import { execFile } from 'node:child_process';

import { AtMost } from './at-most.ts';

/** Longest work on one file. */
const LONGEST_MS = 60_000;
const LOOK_MS = 5_000;
/** Most bytes of a result: what WhatsApp takes. */
const MOST_BYTES = 16_000_000;
/** It uses a processor of its own. */
const AT_ONCE = 1;

/** ffmpeg's name of the format of a type that it may be given. */
const FORMATS: Record<string, string> = {
  'audio/aac': 'aac',
  'audio/amr': 'amr',
  'audio/mp4': 'mp4',
  'audio/mpeg': 'mp3',
  'audio/ogg': 'ogg',
  'audio/wav': 'wav',
  'audio/webm': 'matroska',
  'video/mp4': 'mp4',
  'video/webm': 'matroska',
};

const TARGETS = {
  /** Every browser plays it. */
  mp3: ['-codec:a', 'libmp3lame', '-b:a', '64k', '-f', 'mp3'],
  /** What WhatsApp shows as a voice message: OGG with OPUS, one channel. */
  voice: ['-ar', '48000', '-codec:a', 'libopus', '-b:a', '32k', '-application', 'voip', '-f', 'ogg'],
};

const turns = new AtMost(AT_ONCE);

/** ffmpeg did not make anything of these bytes. */
export class NotConvertedError extends Error {
  override name = 'NotConvertedError';
}

export class Ffmpeg {
  readonly #command: string;

  private constructor(command: string) {
    this.#command = command;
  }

  /** Undefined when there is none. */
  static async find(command: string): Promise<Ffmpeg | undefined> {
    try {
      await run(command, ['-version'], Buffer.alloc(0), LOOK_MS);
      return new Ffmpeg(command);
    } catch {
      return undefined; // whoever needs it tells what is missing
    }
  }

  static reads(mime: string): boolean {
    return Object.hasOwn(FORMATS, mime);
  }

  /** @throws NotConvertedError */
  async convert(bytes: Buffer, mime: string, target: keyof typeof TARGETS): Promise<Buffer> {
    const format = FORMATS[mime];
    if (format === undefined) throw new NotConvertedError('Not a format that is read.');
    const input = ['-protocol_whitelist', 'pipe', '-f', format, '-i', 'pipe:0'];
    const output = ['-vn', '-sn', '-dn', '-map_metadata', '-1', '-ac', '1', ...TARGETS[target], 'pipe:1'];
    const common = ['-hide_banner', '-loglevel', 'error', '-threads', '1'];
    return turns.run(() => run(this.#command, [...common, ...input, ...output], bytes, LONGEST_MS));
  }
}

/** Its standard output. What it says of errors is not kept: it may quote the file. */
function run(command: string, args: string[], input: Buffer, limitMs: number): Promise<Buffer> {
  const options = {
    encoding: 'buffer' as const,
    env: { PATH: process.env.PATH },
    maxBuffer: MOST_BYTES,
    timeout: limitMs,
    killSignal: 'SIGKILL' as const,
  };
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, options, (error, output) => {
      if (!error && output.length > 0) resolve(output);
      else reject(new NotConvertedError('It could not be started, or ended without a result.'));
    });
    child.stdin?.on('error', () => undefined); // it may stop reading; its exit code says whether that was well
    child.stdin?.end(input);
  });
}
