/** True when a unique index refused the write; in a bulk write, when that is all that went wrong. */
export function isDuplicateKey(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, writeErrors } = error as { code?: unknown; writeErrors?: unknown };
  const parts = Array.isArray(writeErrors)
    ? (writeErrors as { code?: unknown; err?: { code?: unknown } }[])
    : [];
  if (parts.length > 0) return parts.every((part) => (part.code ?? part.err?.code) === 11_000);
  return code === 11_000;
}

const AWAY =
  /^(MongoServerSelectionError|MongoNetwork|MongoNotConnected|MongoPoolCleared|MongoTopologyClosed|MongooseServerSelectionError|MongoWaitQueueTimeout)/;

/** True when the database can't be reached: nobody's fault that a retry counts against. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return AWAY.test(error.name) || isAway(error.cause);
}
