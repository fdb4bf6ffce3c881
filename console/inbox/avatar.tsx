import { UserRound } from 'lucide-react';

import type { Conversation } from '../api/types.ts';
import { contactLabel, initials } from './people.ts';

const GROUNDS = [
  'bg-good-soft text-good',
  'bg-info-soft text-info',
  'bg-warn-soft text-warn',
  'bg-bad-soft text-bad',
  'bg-calm-soft text-calm',
];

/** Initials on a colour that stays the same for the same contact. Decoration: the name stands beside it. */
export function Avatar({ contact, large = false }: { contact: Conversation['contact']; large?: boolean }) {
  const letters = initials(contactLabel(contact));
  const sum = Array.from(contact?.id ?? '').reduce(
    (total, letter) => total + (letter.codePointAt(0) ?? 0),
    0,
  );
  const ground = GROUNDS[sum % GROUNDS.length] ?? '';
  const size = large ? 'size-10' : 'size-11';
  return (
    <span
      aria-hidden
      className={`flex shrink-0 items-center justify-center rounded-full text-sm font-semibold ${size} ${ground}`}
    >
      {letters === '' ? <UserRound className="size-5" /> : letters}
    </span>
  );
}
