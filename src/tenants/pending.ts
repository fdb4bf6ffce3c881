/** What a person must do before the interface answers them: see `PENDING_STEPS`. */
import type { PendingStep } from '../http/route.ts';
import type { UserRow } from './people-model.ts';

/** In the order in which they are to be done. */
export function pendingOf(user: UserRow): PendingStep[] {
  return user.mustChangePassword === true ? ['change-password'] : [];
}
