/**
 * Blobs in a store that speaks S3: `s3://bucket/prefix?region=…&endpoint=https://…`. Who we are is found as usual by
 * the SDK: AWS_* of the environment, a profile, or the machine's role.
 */
import { Readable } from 'node:stream';

import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';

import { BlobMissingError, partsOfName } from './blob-names.ts';
import type { BlobStore, StoredBlob } from './blob-store.ts';

const CONNECT_MS = 5_000;
/** Longest silence of a connection. */
const SILENCE_MS = 60_000;

interface Place {
  bucket: string;
  /** Ends with a slash, or is empty. */
  prefix: string;
}

export function openS3Blobs(url: URL): BlobStore {
  const { client, place } = openS3(url);
  return new S3Blobs(client, place);
}

/** The client and the place that `s3://bucket/prefix?region=…&endpoint=…` names; asks nobody for anything yet. */
export function openS3(url: URL): { client: S3Client; place: Place } {
  const endpoint = url.searchParams.get('endpoint');
  const region = url.searchParams.get('region');
  const prefix = url.pathname.replace(/^\/+|(?<!\/)\/+$/g, '');
  const client = new S3Client({
    ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
    ...(region === null ? (endpoint === null ? {} : { region: 'us-east-1' }) : { region }),
    // Not every store knows the newer checksums; every blob proves itself when it is opened.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENCE_MS },
  });
  return { client, place: { bucket: url.hostname, prefix: prefix === '' ? '' : `${prefix}/` } };
}

class S3Blobs implements BlobStore {
  constructor(
    private readonly client: S3Client,
    private readonly place: Place,
  ) {}

  async put(name: string, content: Readable, length: number): Promise<void> {
    const ending = new AbortController();
    content.once('error', (error) => ending.abort(error)); // the SDK would wait for the rest
    try {
      await this.client.send(
        new PutObjectCommand({ ...this.#named(name), Body: content, ContentLength: length }),
        { abortSignal: ending.signal },
      );
    } finally {
      content.destroy();
    }
  }

  async read(name: string, start: number, end: number): Promise<Readable> {
    try {
      const { Body } = await this.client.send(
        new GetObjectCommand({ ...this.#named(name), Range: `bytes=${start}-${end}` }),
      );
      if (!(Body instanceof Readable)) throw new Error('The store answered without a body.');
      return Body;
    } catch (error) {
      const isMissing =
        error instanceof NoSuchKey ||
        (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404);
      if (isMissing) throw new BlobMissingError('No such object.');
      throw error;
    }
  }

  async delete(name: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand(this.#named(name)));
  }

  async *list(): AsyncGenerator<StoredBlob> {
    const { bucket, prefix } = this.place;
    let from: string | undefined;
    do {
      const page = await this.client.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: from }),
      );
      for (const { Key, LastModified } of page.Contents ?? []) {
        if (Key !== undefined) {
          yield { name: Key.slice(prefix.length), storedAt: LastModified ?? new Date(0) };
        }
      }
      from = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (from !== undefined);
  }

  close(): void {
    this.client.destroy();
  }

  #named(name: string): { Bucket: string; Key: string } {
    const { tenantId, own } = partsOfName(name);
    return { Bucket: this.place.bucket, Key: `${this.place.prefix}${tenantId}/${own}` };
  }
}
