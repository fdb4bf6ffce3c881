import type { Readable } from 'node:stream';

export interface StoredBlob {
  name: string;
  storedAt: Date;
}

/** Keeps blobs by their names: on a disk, or in a store that speaks S3. */
export interface BlobStore {
  /** Stores a whole blob of `length` bytes; what had the name is replaced, all at once or not at all. */
  put(name: string, content: Readable, length: number): Promise<void>;
  /** Bytes from `start` to `end`, both included. @throws BlobMissingError */
  read(name: string, start: number, end: number): Promise<Readable>;
  /** What is not there is gone already. */
  delete(name: string): Promise<void>;
  /** Every whole blob, in no order. */
  list(): AsyncGenerator<StoredBlob>;
  close(): void;
}
