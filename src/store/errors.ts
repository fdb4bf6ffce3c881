/** True when a unique index refused the write; in a bulk write, when that is all that went wrong. */
export function isDuplicateKey(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code } = error as { code?: unknown };
  const parts = writeErrorsOf(error);
  if (parts.length > 0) return parts.every((part) => (part.code ?? part.err?.code) === 11_000);
  return code === 11_000;
}

const AWAY =
  /^(MongoServerSelectionError|MongoNetwork|MongoNotConnected|MongoPoolCleared|MongoTopologyClosed|MongooseServerSelectionError|MongoWaitQueueTimeout)/;

/** True when the database can't be reached: nobody's fault that a retry counts against. */
export function isAway(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { name, cause, code } = error as { name?: unknown; cause?: unknown; code?: unknown };
  if (typeof name === 'string' && AWAY.test(name)) return true;
  // A bulk write that the network broke off has neither a code nor refused rows.
  if (name === 'MongoBulkWriteError' && code === undefined && writeErrorsOf(error).length === 0) return true;
  return cause !== undefined && isAway(cause);
}

function writeErrorsOf(error: object): { code?: unknown; err?: { code?: unknown } }[] {
  const { writeErrors } = error as { writeErrors?: unknown };
  if (writeErrors === undefined) return [];
  return (Array.isArray(writeErrors) ? writeErrors : [writeErrors]) as {
    code?: unknown;
    err?: { code?: unknown };
  }[];
}
