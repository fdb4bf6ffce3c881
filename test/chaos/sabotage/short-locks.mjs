/**
 * Not a sabotage: locks are short, and the first worker that is about to take a send stops there, as if it had been
 * paused, until another has long taken its lane over.
 */
const STOP_MS = 12_000;

const stopOnce = `(() => {
        const { openSync } = process.getBuiltinModule('node:fs');
        try {
            openSync(process.env.DATA_DIR + '/stopped-once', 'wx');
        } catch {
            return; // it was another's turn
        }
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${STOP_MS});
    })();
    `;

export const SHORT_LOCKS = [
  { file: 'src/lanes/leases.js', find: /LOCK_MS = 15_000/, put: 'LOCK_MS = 3_000' },
  { file: 'src/lanes/worker.js', find: /STALLED_CHECK_MS = 5_000/, put: 'STALLED_CHECK_MS = 1_000' },
  { file: 'src/outbox/attempt.js', find: /const attempt = await claim\(/, put: `${stopOnce}$&` },
];
