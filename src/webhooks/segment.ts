/**
 * A segment of the spool: records one after another, each `mark (4 bytes) · length (4) · CRC-32 of the bytes (4) ·
 * bytes`, big-endian. A record counts when it was synced to the disk; what a crash left of the last one is cut off.
 * The mark lets reading go on after a damaged place.
 */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

const MARK = Buffer.from('WSPR', 'latin1');
const HEADER = 12;
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

  /**
   * Returns when all records are on the disk. @throws when they are not; then none of them counts and nothing more
   * may be appended here: after a failed sync the system may forget what it did not write.
   */
  async append(records: Buffer[]): Promise<void> {
    const bytes = Buffer.concat(records.flatMap((record) => [header(record), record]));
    try {
      await this.#write(bytes);
      await this.#file.datasync();
      await this.#stillInPlace();
      this.#length += bytes.length;
    } catch (error) {
      // What can't be cut off here is cut off when the segment is read, or handled twice, which is harmless.
      await this.#file.truncate(this.#length).catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** A write may take only a part; a full disk says so at the next one. */
  async #write(bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#length + done);
      if (bytesWritten === 0) throw new Error('The disk took only a part of the records.');
      done += bytesWritten;
    }
  }

  /**
   * A process that was paused for long may find its folder renamed by the one that adopted it. What it writes after
   * that may be overlooked, so it does not count.
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
  MARK.copy(bytes);
  bytes.writeUInt32BE(record.length, 4);
  bytes.writeUInt32BE(crc32(record), 8);
  return bytes;
}

export interface SegmentContent {
  records: Buffer[];
  /** Bytes after the last whole record: what a crash left of a record that was never acknowledged. */
  torn: number;
  /** Bytes between whole records that are none: the disk or somebody changed them. */
  damaged: number;
}

/** The whole records of a segment, also those after a damaged place. */
export function readSegment(bytes: Buffer): SegmentContent {
  const records: Buffer[] = [];
  let damaged = 0;
  /** End of the last whole record. */
  let whole = 0;
  for (let at = 0; at !== -1; at = bytes.indexOf(MARK, at)) {
    const record = recordAt(bytes, at);
    if (!record) {
      at += 1;
      continue;
    }
    damaged += at - whole;
    records.push(record);
    at += HEADER + record.length;
    whole = at;
  }
  return { records, torn: bytes.length - whole, damaged };
}

function recordAt(bytes: Buffer, at: number): Buffer | undefined {
  if (at + HEADER > bytes.length || bytes.compare(MARK, 0, 4, at, at + 4) !== 0) return undefined;
  const length = bytes.readUInt32BE(at + 4);
  const end = at + HEADER + length;
  if (length === 0 || length > LONGEST_RECORD || end > bytes.length) return undefined;
  const record = bytes.subarray(at + HEADER, end);
  return crc32(record) === bytes.readUInt32BE(at + 8) ? record : undefined;
}
