/** Not a sabotage: short locks, and a slow look before a send is taken, so that seconds show what else takes half a minute. */
export const SHORT_LOCKS = [
  { file: 'src/lanes/worker.js', find: /LOCK_MS = 15_000/, put: 'LOCK_MS = 3_000' },
  { file: 'src/lanes/worker.js', find: /STALLED_CHECK_MS = 5_000/, put: 'STALLED_CHECK_MS = 1_000' },
  {
    file: 'src/outbox/attempt.js',
    find: /const attempt = await claim\(/,
    put: 'await new Promise((resolve) => setTimeout(resolve, 1_000));\n    const attempt = await claim(',
  },
];
