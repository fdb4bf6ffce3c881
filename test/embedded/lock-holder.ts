/** A process that takes a lock for a test, tells the outcome as a JSON line, and ends with its parent. */
import { takeLock } from '../../embedded/lock.ts';

const outcome = await takeLock(process.argv[2] ?? '', { details: { pid: String(process.pid) } });
console.log(
  JSON.stringify('lock' in outcome ? { took: true } : { took: false, heldBy: outcome.heldBy?.details.pid }),
);
process.stdin.on('end', () => process.exit(0)).resume();
