import { ExternalLink, MapPin, User } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { type Card, mapLink, type Place } from './content-parts.ts';

interface PlaceLinkProps {
  place: Place | null;
  title: string | null;
  text: string | null;
}

/** A place with its name and address, and a way to a map. */
export function PlaceLink({ place, title, text }: PlaceLinkProps) {
  const { t } = useTranslation();
  return (
    <div className="text-sm">
      {title !== null && (
        <p dir="auto" className="w-fit max-w-full font-medium [overflow-wrap:anywhere]">
          {title}
        </p>
      )}
      {text !== null && (
        <p dir="auto" className="w-fit max-w-full [overflow-wrap:anywhere] text-muted">
          {text}
        </p>
      )}
      {place !== null && (
        <a
          href={mapLink(place)}
          target="_blank"
          rel="noopener noreferrer"
          className="mt-1 inline-flex min-h-8 items-center gap-1.5 text-tick-read underline underline-offset-2"
        >
          <MapPin aria-hidden className="size-4" />
          {t('message.openMap')}
          <ExternalLink aria-hidden className="size-3.5" />
        </a>
      )}
    </div>
  );
}

/** The people of a contact card: name, work, numbers and addresses; the numbers run left to right. */
export function People({ people }: { people: Card[] }) {
  const { t } = useTranslation();
  if (people.length === 0) return null;
  return (
    <ul className="mt-1 space-y-1.5">
      {people.map(({ name, detail, phones, emails }, index) => (
        <li key={index} className="flex gap-2.5 rounded-lg bg-tint px-2.5 py-1.5 text-sm">
          <User aria-hidden className="mt-0.5 size-4 shrink-0 text-accent" />
          <div className="min-w-0">
            <p dir="auto" className="w-fit max-w-full font-medium [overflow-wrap:anywhere]">
              {name ?? t('message.cardNoName')}
            </p>
            {detail !== null && (
              <p dir="auto" className="w-fit max-w-full [overflow-wrap:anywhere] text-muted">
                {detail}
              </p>
            )}
            {[...phones, ...emails].map((address) => (
              <p key={address} className="[overflow-wrap:anywhere]">
                <bdi dir="ltr">{address}</bdi>
              </p>
            ))}
          </div>
        </li>
      ))}
    </ul>
  );
}
