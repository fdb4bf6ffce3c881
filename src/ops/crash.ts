/**
 * What nobody caught ends the process, as Node would end it, but is told in the log's own words: Node prints the
 * message of the error, and messages of drivers quote what they carried.
 */
import type { Logger } from './log.ts';

/** Also takes rejections that nobody handles: Node makes exceptions of them. */
export function tellCrashes(log: Logger): void {
  process.on('uncaughtException', (error: unknown) => {
    log.fatal({ pid: process.pid, err: error }, 'process.crashed');
    process.exit(1);
  });
}
