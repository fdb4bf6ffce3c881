/** How records leave the spool: those that can be read, and files that are kept because something in them can't. */
import { rename } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { codeOf } from '../../embedded/errors.ts';
import type { Logger } from '../ops/log.ts';
import { SealError } from '../store/seal.ts';
import { KEPT, type Segment } from './spool-files.ts';

/** Takes records that leave the spool. @throws SealError for a record of another key; anything else: try again later. */
export type Take = (records: Buffer[]) => Promise<void>;

/** Takes all records that can be read. @returns true when some are sealed by another key. */
export async function takeReadable(take: Take, records: Buffer[]): Promise<boolean> {
  try {
    await take(records);
    return false;
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    if (records.length === 1) return true;
  }
  let otherKey = false;
  for (const record of records) otherKey = (await takeReadable(take, [record])) || otherKey;
  return otherKey;
}

/**
 * Keeps a file that needs a look: `torn` (a crash cut its last record, which was never acknowledged; a damaged disk
 * would look the same), `damaged` (bytes between whole records changed: messages may be lost), `other-key`
 * (sealed by another MASTER_KEY: drained by the next process that has it). `bytes` are those in question.
 */
export async function setAside(
  segment: Segment,
  why: keyof typeof KEPT,
  { root, log, bytes }: { root: string; log: Logger; bytes: number },
): Promise<void> {
  const kept = basename(segment.path, '.segment') + KEPT[why];
  await rename(segment.path, join(root, kept)).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error; // another process took the folder over: it keeps the file
  });
  const fields = { part: 'spool', bytes, items: segment.done, reason: kept };
  if (why === 'torn') log.warn(fields, 'spool.torn');
  else log.error(fields, why === 'damaged' ? 'alert.spool-damaged' : 'alert.spool-of-another-key');
}
