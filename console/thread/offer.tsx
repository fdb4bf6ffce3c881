import { ExternalLink } from 'lucide-react';

import type { Choice } from './content-parts.ts';

/** What we offered: buttons, rows, products and links, as the client sees them, but not to be pressed here. */
export function Offer({ choices }: { choices: Choice[] }) {
  if (choices.length === 0) return null;
  return (
    <ul className="mt-1.5 space-y-1">
      {choices.map(({ title, detail, link }, index) => (
        <li
          key={index}
          className="rounded-lg border border-current/15 px-2.5 py-1 text-center text-sm text-accent"
        >
          {link === null ? (
            <bdi>{title}</bdi>
          ) : (
            <a
              href={link}
              target="_blank"
              rel="noopener noreferrer"
              title={link}
              className="inline-flex items-center gap-1.5 underline underline-offset-2"
            >
              <bdi>{title}</bdi>
              <ExternalLink aria-hidden className="size-3.5" />
            </a>
          )}
          {detail !== null && detail !== title && <bdi className="block text-xs text-muted">{detail}</bdi>}
        </li>
      ))}
    </ul>
  );
}
