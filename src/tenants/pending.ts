/** What a person must do before the interface answers them: see `PENDING_STEPS`. */
import type { Settings } from '../../config/settings.ts';
import { currentPolicy } from '../accounts/policy.ts';
import type { PendingStep } from '../http/route.ts';
import type { UserRow } from './people-model.ts';

/** In the order in which they are to be done. */
export function pendingOf(settings: Settings, user: UserRow): PendingStep[] {
  const { version, hash } = currentPolicy(settings);
  const steps: PendingStep[] = [];
  if (user.accepted?.version !== version || user.accepted.hash !== hash) steps.push('accept-policy');
  if (user.mustChangePassword === true) steps.push('change-password');
  if (user.incomplete === true) steps.push('complete-account');
  return steps;
}
