/**
 * A segment of the spool: records one after another, each `length (4 bytes) · CRC-32 of the bytes (4) · bytes`,
 * big-endian. A record counts when it was synced to the disk; what a crash left of the last one is cut off.
 */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

const HEADER = 8;
/** Longer than any record: 4 MB of notification, sealed, in base64. */
const LONGEST_RECORD = 64 * 1024 * 1024;

/** File operations of a segment; tests put a full disk in their place. */
export interface SpoolFiles {
  open(
    path: string,
    flags: string,
  ): Promise<Pick<FileHandle, 'write' | 'datasync' | 'truncate' | 'stat' | 'close'>>;
}

export const realFiles: SpoolFiles = { open: (path, flags) => open(path, flags, 0o600) };

export class SegmentWriter {
  readonly path: string;
  readonly #file: Awaited<ReturnType<SpoolFiles['open']>>;
  #length = 0;

  private constructor(path: string, file: Awaited<ReturnType<SpoolFiles['open']>>) {
    this.path = path;
    this.#file = file;
  }

  static async create(files: SpoolFiles, path: string): Promise<SegmentWriter> {
    return new SegmentWriter(path, await files.open(path, 'wx'));
  }

  get length(): number {
    return this.#length;
  }

  /** Returns when all records are on the disk. @throws when they are not; then none of them counts. */
  async append(records: Buffer[]): Promise<void> {
    const bytes = Buffer.concat(records.flatMap((record) => [header(record), record]));
    try {
      const { bytesWritten } = await this.#file.write(bytes, 0, bytes.length, this.#length);
      if (bytesWritten !== bytes.length) throw new Error('The disk took only a part of the records.');
      await this.#file.datasync();
      await this.#stillInPlace();
      this.#length += bytes.length;
    } catch (error) {
      await this.#file.truncate(this.#length).catch(() => undefined); // the next append writes over it anyway
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /**
   * A process that was paused for longer than its lock finds its folder renamed by the one that adopted it. What it
   * writes after that may be overlooked, so it does not count.
   */
  async #stillInPlace(): Promise<void> {
    const [ours, there] = await Promise.all([this.#file.stat(), stat(this.path).catch(() => undefined)]);
    if (there?.ino !== ours.ino) throw new AdoptedError('Another process took this spool folder over.');
  }
}

export class AdoptedError extends Error {
  override name = 'AdoptedError';
}

function header(record: Buffer): Buffer {
  const bytes = Buffer.alloc(HEADER);
  bytes.writeUInt32BE(record.length, 0);
  bytes.writeUInt32BE(crc32(record), 4);
  return bytes;
}

export interface SegmentContent {
  records: Buffer[];
  /** Bytes after the last whole record: a torn tail, or damage. */
  cut: number;
}

/** The whole records of a segment. */
export function readSegment(bytes: Buffer): SegmentContent {
  const records: Buffer[] = [];
  let at = 0;
  while (at + HEADER <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    const end = at + HEADER + length;
    if (length === 0 || length > LONGEST_RECORD || end > bytes.length) break;
    const record = bytes.subarray(at + HEADER, end);
    if (crc32(record) !== bytes.readUInt32BE(at + 4)) break;
    records.push(record);
    at = end;
  }
  return { records, cut: bytes.length - at };
}
