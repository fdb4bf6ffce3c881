import { useTranslation } from 'react-i18next';

import type { Conversation } from '../api/types.ts';
import { contactLabel } from './people.ts';

/**
 * How the contact is called, in one line. A name that is too long loses its end, in its own
 * direction; numbers and usernames run left to right on every screen.
 */
export function ContactName({ contact }: { contact: Conversation['contact'] }) {
  const { t } = useTranslation();
  const label = contactLabel(contact);
  if (label.kind === 'unknown') return <span className="one-line italic">{t('inbox.unknownContact')}</span>;
  return (
    <bdi dir={label.kind === 'name' ? 'auto' : 'ltr'} className="one-line">
      {label.text}
    </bdi>
  );
}
