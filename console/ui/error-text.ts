import type { TFunction } from 'i18next';

import { ApiProblem, Unreachable } from '../api/client.ts';

/** A failure in words for the agent: the server's own detail if it gave one. */
export function errorText(t: TFunction, error: unknown): string {
  if (error instanceof Unreachable) return t('errors.unreachable');
  if (!(error instanceof ApiProblem)) return t('errors.unknown');
  if (error.detail !== '') return error.detail;
  return error.status === 403 ? t('errors.forbidden') : error.title;
}
