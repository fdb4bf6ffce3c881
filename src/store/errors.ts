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

/** MongoDB's codes for a user or password that does not fit, and for missing rights. */
const REFUSED = new Set([13, 18, 8000]);

/** What to say when the login is refused. */
export const REFUSED_LOGIN =
  'MongoDB refuses the user or password of MONGODB_URI, or its rights do not suffice';

/** True when the database answers, and does not let us in. */
export function isRefusedLogin(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { name, code, cause } = error as { name?: unknown; code?: unknown; cause?: unknown };
  if (typeof name === 'string' && name.startsWith('Mongo') && REFUSED.has(code as number)) return true;
  return cause !== undefined && isRefusedLogin(cause);
}

/**
 * True when the database can't be reached, or does not let us in, which an operator mends: nobody's fault that a retry
 * counts against.
 */
export function isAway(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  if (isRefusedLogin(error)) return true;
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

/** @returns false when the row stood there already */
export async function insertOnce(insertion: Promise<unknown>): Promise<boolean> {
  try {
    await insertion;
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}
