import type { TFunction } from 'i18next';

import type { Message } from '../api/types.ts';
import { string } from './fields.ts';

const LINES = [
  'group_create',
  'group_delete',
  'group_participants_add',
  'group_participants_remove',
  'group_join_request_created',
  'group_join_request_revoked',
  'group_settings_update',
  'group_suspend',
  'group_suspend_cleared',
] as const;

const OUTCOMES = ['ringing', 'ongoing', 'answered', 'missed', 'declined'] as const;

/** What a line of the thread tells of a call, a group, or who holds the conversation; `null` for other lines. */
export function lineOf(t: TFunction, { type, direction, content }: Message): string | null {
  if (type === 'call') {
    const outcome = OUTCOMES.find((one) => one === content.outcome) ?? 'ringing';
    return t(`calls.${direction}_${outcome}`, { time: lengthOf(content.duration) });
  }
  const kind = string(content.type);
  if (kind === 'control_passed' || kind === 'control_taken') {
    if (content.to === undefined) return t(`lines.${kind}`);
    return t(content.to === 'ai_agent' ? 'lines.control_agent' : 'lines.control_us');
  }
  const known = LINES.find((one) => one === kind);
  if (known === undefined) return null;
  const people = typeof content.people === 'number' ? content.people : 1;
  const line = t(`lines.${known}`, { count: people });
  return content.failed === true ? t('lines.failed', { line }) : line;
}

/** 75 → 1:15. */
function lengthOf(seconds: unknown): string {
  const whole = typeof seconds === 'number' ? Math.round(seconds) : 0;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
