/** What a person must do before the interface answers them: see `PENDING_STEPS`. */
import type { Settings } from '../../config/settings.ts';
import { currentPolicy } from '../accounts/legal-texts.ts';
import type { PendingStep } from '../http/route.ts';
import type { UserRow } from './people-model.ts';

/**
 * In the order in which they are to be done. `isWeak`: the business wants a second factor of everybody, and none was
 * shown in this session: whoever has one is asked for it at sign-in, so this person has none yet.
 */
export function pendingOf(settings: Settings, user: UserRow, isWeak: boolean): PendingStep[] {
  const { version, hash } = currentPolicy(settings);
  const steps: PendingStep[] = [];
  if (user.accepted?.version !== version || user.accepted.hash !== hash) steps.push('accept-policy');
  if (user.mustChangePassword === true) steps.push('change-password');
  if (isWeak) steps.push('add-second-factor');
  if (user.incomplete === true) steps.push('complete-account');
  return steps;
}
