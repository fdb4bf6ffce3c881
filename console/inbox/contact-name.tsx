import { useTranslation } from 'react-i18next';

import type { Conversation } from '../api/types.ts';
import { contactLabel } from './people.ts';

/** How the contact is called. Names keep their own direction; numbers and usernames run left to right. */
export function ContactName({ contact }: { contact: Conversation['contact'] }) {
  const { t } = useTranslation();
  const label = contactLabel(contact);
  if (label.kind === 'unknown') return <span className="italic">{t('inbox.unknownContact')}</span>;
  return <bdi dir={label.kind === 'name' ? 'auto' : 'ltr'}>{label.text}</bdi>;
}
