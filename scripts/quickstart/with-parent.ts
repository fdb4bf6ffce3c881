/** Loaded first by each process of a stack: it ends when the process that started it is gone, however that went. */
const LAST_RESORT_MS = 20_000;

process.once('disconnect', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), LAST_RESORT_MS).unref();
});
// Listening must not keep the process alive.
process.channel?.unref();
