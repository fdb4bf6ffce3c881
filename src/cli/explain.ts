/** What a person at the terminal is told when a command fails, and the exit code that a program sees. */
import { CommanderError } from 'commander';

import { SettingsError } from '../../config/settings.ts';
import { isUnreachable } from '../http/errors.ts';
import { Reject } from '../ops/errors.ts';
import { isAway, isRefusedLogin, REFUSED_LOGIN } from '../store/errors.ts';
import { SealError } from '../store/seal.ts';

const EXIT = { failed: 1, refused: 2, notFound: 3 } as const;

/** The command has said already what is wrong; only the exit code is left to say. */
export class Told extends Error {
  override name = 'Told';
  constructor(readonly exitCode: 1 | 2) {
    super('told');
  }
}

interface Explained {
  /** Absent when it has been said already. */
  message?: string;
  exitCode: number;
}

/** One sentence: what is wrong and what to look at. */
export function explain(error: unknown): Explained {
  if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : EXIT.refused };
  if (error instanceof Told) return { exitCode: error.exitCode };
  if (error instanceof Reject) {
    const exitCode = error.status === 404 ? EXIT.notFound : error.status >= 500 ? EXIT.failed : EXIT.refused;
    return { message: error.message, exitCode };
  }
  if (error instanceof SettingsError) return { message: error.message, exitCode: EXIT.refused };
  if (error instanceof SealError) return { message: error.message, exitCode: EXIT.refused };
  return { message: ofNeighbours(error), exitCode: EXIT.failed };
}

function ofNeighbours(error: unknown): string {
  if (isRefusedLogin(error)) return `${REFUSED_LOGIN}.`;
  if (isAway(error)) return 'MongoDB does not answer. Is MONGODB_URI right and the server running?';
  if (isUnreachable(error)) return 'Redis does not answer. Is REDIS_URL right and the server running?';
  if (!(error instanceof Error)) return 'It failed for an unknown reason.';
  const isPlain = error.name === 'Error' || error.name === 'SafeError';
  return isPlain ? error.message : `It failed: ${error.name}: ${error.message}`;
}
