import { useTranslation } from 'react-i18next';

import type { Conversation } from '../api/types.ts';
import { contactLabel } from './people.ts';

interface ContactNameProps {
  contact: Conversation['contact'];
  /** The conversation is a group, which has no contact. */
  group?: boolean;
}

/**
 * How the contact is called, in one line. A name that is too long loses its end, in its own
 * direction; numbers and usernames run left to right on every screen.
 */
export function ContactName({ contact, group = false }: ContactNameProps) {
  const { t } = useTranslation();
  const label = contactLabel(contact);
  if (label.kind === 'unknown') {
    return <span className="one-line italic">{t(group ? 'inbox.group' : 'inbox.unknownContact')}</span>;
  }
  return (
    <bdi dir={label.kind === 'name' ? 'auto' : 'ltr'} className="one-line">
      {label.text}
    </bdi>
  );
}
