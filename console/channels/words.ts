/** The words of a check's point: the server's English, or our Hebrew where we have it. */
import type { CheckPoint } from '../api/types.ts';
import { FINDINGS_HE, POINTS_HE } from '../i18n/check-he.ts';

export function pointWords(
  point: CheckPoint,
  language: string,
): Pick<CheckPoint, 'title' | 'means' | 'todo'> {
  const { title, means, todo, code, values } = point;
  const hebrew = language === 'he' ? FINDINGS_HE[code] : undefined;
  if (hebrew === undefined) return { title, means, todo };
  const filled = (words: string): string =>
    words.replaceAll(/\{\{(\w+)\}\}/g, (_all, name: string) => values[name] ?? '');
  const [meansHe, todoHe] = hebrew;
  return {
    title: POINTS_HE[point.point] ?? title,
    means: filled(meansHe),
    todo: todoHe === undefined ? null : filled(todoHe),
  };
}
