/**
 * Where large things lie: on a disk, or in a store that speaks S3. It is given sealed bytes only, under names that say
 * nothing but whose tenant's they are.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Settings } from '../../config/settings.ts';
import type { Random } from '../ops/clock.ts';
import type { BlobStore } from './blob-store.ts';
import { FileBlobs } from './blobs-file.ts';

/** The blob store of the settings; asks no server for anything yet. */
export async function openBlobs(settings: Pick<Settings, 'BLOB_URL' | 'DATA_DIR'>): Promise<BlobStore> {
  const { BLOB_URL, DATA_DIR } = settings;
  if (BLOB_URL === undefined) return new FileBlobs(join(DATA_DIR, 'blobs'));
  if (BLOB_URL.startsWith('file:')) return new FileBlobs(fileURLToPath(BLOB_URL));
  const { openS3Blobs } = await import('./blobs-s3.ts'); // its package is large, and few need it
  return openS3Blobs(new URL(BLOB_URL));
}

/** A new name: the tenant's id, then 256 random bits. */
export function newBlobName({ random }: { random: Random }, tenantId: string): string {
  return `${tenantId}/${random.bytes(32).toString('base64url')}`;
}
