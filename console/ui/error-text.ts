import i18next, { type TFunction } from 'i18next';

import { ApiProblem, Unreachable } from '../api/client.ts';
import { problemInHebrew } from '../i18n/problems-he.ts';

/** A failure in words for the agent: in Hebrew where there are such words, else the server's own detail if it gave one. */
export function errorText(t: TFunction, error: unknown): string {
  if (error instanceof Unreachable) return t('errors.unreachable');
  if (!(error instanceof ApiProblem)) return t('errors.unknown');
  if (error.kind === 'wait') {
    return t('errors.wait', { seconds: Math.ceil((error.retryAfterMs ?? 1_000) / 1_000) });
  }
  const inHebrew = i18next.language === 'he' ? problemInHebrew(error) : undefined;
  if (inHebrew !== undefined) return inHebrew;
  if (error.detail !== '') return error.detail;
  return error.status === 403 ? t('errors.forbidden') : error.title;
}
