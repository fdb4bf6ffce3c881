/** Blobs as files: `<root>/<tenant>/<two letters>/<name>`, written whole beside their place and then moved there. */
import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { BlobMissingError, partsOfName } from './blob-names.ts';
import type { BlobStore, StoredBlob } from './blob-store.ts';

export class FileBlobs implements BlobStore {
  constructor(private readonly root: string) {}

  async put(name: string, content: Readable, length: number): Promise<void> {
    const path = this.#pathOf(name);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const draft = `${path}.${randomBytes(6).toString('hex')}.draft`;
    try {
      const file = createWriteStream(draft, { flags: 'wx', mode: 0o600, flush: true });
      await pipeline(content, file);
      if (file.bytesWritten !== length) throw new Error('A blob came shorter or longer than was said.');
      await rename(draft, path);
      await syncFolder(dirname(path));
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  async read(name: string, start: number, end: number): Promise<Readable> {
    try {
      const file = await open(this.#pathOf(name), 'r');
      return createReadStream('', { fd: file, start, end });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new BlobMissingError('No such file.');
      throw error;
    }
  }

  async delete(name: string): Promise<void> {
    await rm(this.#pathOf(name), { force: true });
  }

  async *list(): AsyncGenerator<StoredBlob> {
    for (const tenantId of await namesIn(this.root)) {
      for (const letters of await namesIn(join(this.root, tenantId))) {
        for (const own of await namesIn(join(this.root, tenantId, letters))) {
          if (own.endsWith('.draft')) continue;
          const file = await stat(join(this.root, tenantId, letters, own)).catch(() => undefined);
          if (file?.isFile()) yield { name: `${tenantId}/${own}`, storedAt: file.mtime };
        }
      }
    }
  }

  close(): void {
    // Files are closed as soon as they have been read.
  }

  #pathOf(name: string): string {
    const { tenantId, own } = partsOfName(name);
    return join(this.root, tenantId, own.slice(0, 2), own);
  }
}

/** Names of what lies in a folder; nothing lies in one that is not there. */
async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}

/** The name of a new file must outlive a power cut, too. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
