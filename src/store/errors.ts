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

/** Places of the rows that a unique index refused in an unordered insert; undefined when more than that went wrong. */
export function duplicateRows(error: unknown): Set<number> | undefined {
  if (typeof error !== 'object' || error === null || !isDuplicateKey(error)) return undefined;
  if ((error as { validationErrors?: unknown[] }).validationErrors?.length) return undefined;
  const places = writeErrorsOf(error).map((part) => part.index ?? part.err?.index);
  if (places.length === 0 || places.includes(undefined)) return undefined;
  return new Set(places as number[]);
}

interface WriteError {
  code?: unknown;
  index?: number;
  err?: { code?: unknown; index?: number };
}

function writeErrorsOf(error: object): WriteError[] {
  const { writeErrors } = error as { writeErrors?: unknown };
  if (writeErrors === undefined) return [];
  return (Array.isArray(writeErrors) ? writeErrors : [writeErrors]) as WriteError[];
}
