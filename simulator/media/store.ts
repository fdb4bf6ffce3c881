import { createHash } from 'node:crypto';

import type { Ids } from '../ids.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** How long a file and an address of it live (Cloud API: media). */
export const MEDIA_LIFE = {
  /** From a webhook. */
  received: 7 * DAY_MS,
  /** Uploaded by the business. */
  uploaded: 30 * DAY_MS,
  link: 5 * MINUTE_MS,
};

export interface MediaFile {
  readonly id: string;
  readonly bytes: Buffer;
  readonly mimeType: string;
  /** Of the bytes; the hex form in look-ups, base64 in webhooks. */
  readonly sha256: Buffer;
  /** Only this number may use it. */
  readonly phoneNumberId: string;
  expiresAt: Date;
}

interface Link {
  file: MediaFile;
  expiresAt: Date;
}

/** The files that lie with Meta: what clients sent and what businesses uploaded. */
export class MediaStore {
  readonly #files = new Map<string, MediaFile>();
  readonly #links = new Map<string, Link>();

  constructor(
    private readonly ids: Ids,
    private readonly clock: () => Date,
  ) {}

  /** @param life ms, see MEDIA_LIFE */
  put(bytes: Buffer, mimeType: string, phoneNumberId: string, life: number): MediaFile {
    const file: MediaFile = {
      id: this.ids.mediaId(),
      bytes,
      mimeType,
      sha256: createHash('sha256').update(bytes).digest(),
      phoneNumberId,
      expiresAt: this.#in(life),
    };
    this.#files.set(file.id, file);
    return file;
  }

  /** The file, unless it was deleted or is past its days. */
  get(id: string): MediaFile | undefined {
    const file = this.#files.get(id);
    return file !== undefined && file.expiresAt > this.clock() ? file : undefined;
  }

  /** True for any id that was ever given out, also one past its days. */
  knows(id: string): boolean {
    return this.#files.has(id);
  }

  /** Ends the life of a file, as its days do. */
  expire(id: string): void {
    const file = this.#files.get(id);
    if (file !== undefined) file.expiresAt = this.clock();
  }

  /** A secret part of an address that works for five minutes. */
  newLink(file: MediaFile): string {
    const token = this.ids.hex(16);
    this.#links.set(token, { file, expiresAt: this.#in(MEDIA_LIFE.link) });
    return token;
  }

  /** What the address leads to; undefined once its time is over or the file is gone. */
  follow(token: string): MediaFile | undefined {
    const link = this.#links.get(token);
    return link !== undefined && link.expiresAt > this.clock() ? this.get(link.file.id) : undefined;
  }

  /** Ends all addresses handed out so far, as five minutes do. */
  expireLinks(): void {
    this.#links.clear();
  }

  /** @returns false when there was no such file */
  delete(id: string): boolean {
    return this.#files.delete(id);
  }

  #in(milliseconds: number): Date {
    return new Date(this.clock().getTime() + milliseconds);
  }
}
