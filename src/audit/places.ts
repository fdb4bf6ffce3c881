/**
 * Where checkpoints are kept: a folder (best on another machine's disk), or a bucket whose objects nobody can change
 * or delete before their time (S3 Object Lock). A checkpoint's name has its number and part of its hash, so that none
 * replaces another.
 */
import { createHash, randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Settings } from '../../config/settings.ts';
import type { Checkpoint } from './signer.ts';

/** Longer than the 24 months for which entries are kept at least. */
const LOCKED_MONTHS = 25;

export interface CheckpointPlace {
  /** Keeps a checkpoint; one that is there already stays as it is. */
  put(checkpoint: Checkpoint): Promise<void>;
  /** Texts of everything kept for a chain, in no order. */
  read(tenantId: string): Promise<string[]>;
  close(): void;
}

/** The places of AUDIT_CHECKPOINTS; by default a folder in DATA_DIR. */
export async function openPlaces(
  settings: Pick<Settings, 'AUDIT_CHECKPOINTS' | 'DATA_DIR'>,
): Promise<CheckpointPlace[]> {
  const urls = settings.AUDIT_CHECKPOINTS;
  if (urls === undefined) return [filePlace(join(settings.DATA_DIR, 'audit-checkpoints'))];
  return Promise.all(
    urls.map((url) =>
      url.startsWith('file:') ? Promise.resolve(filePlace(fileURLToPath(url))) : s3Place(new URL(url)),
    ),
  );
}

function nameOf({ seq, head }: Checkpoint): string {
  return `${String(seq).padStart(12, '0')}-${head.slice(0, 16)}.json`;
}

function filePlace(root: string): CheckpointPlace {
  return {
    async put(checkpoint) {
      const folder = join(root, checkpoint.tenantId);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeNew(join(folder, nameOf(checkpoint)), `${JSON.stringify(checkpoint)}\n`);
    },
    async read(tenantId) {
      const folder = join(root, tenantId);
      const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return [];
        throw error;
      });
      return Promise.all(names.filter(isName).map((name) => readFile(join(folder, name), 'utf8')));
    },
    close: () => undefined,
  };
}

/** The file appears whole and once; one that is there stays. */
async function writeNew(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o400);
  try {
    await file.writeFile(text);
    await file.sync();
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await file.close();
    await unlink(draft);
  }
}

/** Checkpoints that somebody kept elsewhere, one a line, as mails have them. */
export function linesPlace(text: string): CheckpointPlace {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return {
    put: async () => undefined,
    read: async (tenantId) => lines.filter((line) => line.includes(`"tenantId":${JSON.stringify(tenantId)}`)),
    close: () => undefined,
  };
}

const isName = (name: string) => name.endsWith('.json');

async function s3Place(url: URL): Promise<CheckpointPlace> {
  // Its package is large, and few need it.
  const { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } = await import('@aws-sdk/client-s3');
  const { openS3 } = await import('../store/blobs-s3.ts');
  const { client, place } = openS3(url);
  const { bucket: Bucket, prefix } = place;
  const list = async (tenantId: string) => {
    const keys: string[] = [];
    let from: string | undefined;
    do {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket, Prefix: `${prefix}${tenantId}/`, ContinuationToken: from }),
      );
      keys.push(
        ...(page.Contents ?? []).flatMap(({ Key }) => (Key !== undefined && isName(Key) ? [Key] : [])),
      );
      from = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (from !== undefined);
    return keys;
  };
  return {
    async put(checkpoint) {
      const Key = `${prefix}${checkpoint.tenantId}/${nameOf(checkpoint)}`;
      const Body = Buffer.from(`${JSON.stringify(checkpoint)}\n`);
      await client.send(
        new PutObjectCommand({
          Bucket,
          Key,
          Body,
          ContentType: 'application/json',
          // S3 wants a digest with every object that it locks.
          ContentMD5: createHash('md5').update(Body).digest('base64'),
          ObjectLockMode: 'COMPLIANCE',
          ObjectLockRetainUntilDate: lockedUntil(checkpoint.at),
        }),
      );
    },
    async read(tenantId) {
      const texts: string[] = [];
      for (const Key of await list(tenantId)) {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
        texts.push((await Body?.transformToString()) ?? '');
      }
      return texts;
    },
    close: () => client.destroy(),
  };
}

function lockedUntil(at: string): Date {
  const until = new Date(at);
  until.setUTCMonth(until.getUTCMonth() + LOCKED_MONTHS);
  return until;
}
