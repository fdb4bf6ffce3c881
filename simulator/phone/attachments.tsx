import type { LucideIcon } from 'lucide-react';
import {
  CircleHelp,
  ContactRound,
  FileText,
  Image,
  MapPin,
  Mic,
  ShoppingBag,
  Smile,
  SquareMousePointer,
  Video,
} from 'lucide-react';
import { useState } from 'react';

import { textOf } from './fields.ts';

const ICONS: Record<string, LucideIcon> = {
  image: Image,
  video: Video,
  audio: Mic,
  document: FileText,
  sticker: Smile,
  location: MapPin,
  contacts: ContactRound,
  order: ShoppingBag,
  button: SquareMousePointer,
  unsupported: CircleHelp,
};

/** What to call a message without words. */
export const TITLES: Record<string, string> = {
  image: 'Photo',
  video: 'Video',
  audio: 'Voice message',
  document: 'Document',
  sticker: 'Sticker',
  location: 'Location',
  contacts: 'Contact',
  order: 'Order',
  system: 'System message',
  unsupported: 'Unsupported message',
};

/** An icon, a title and a second line. */
export function Row({ type, title, detail }: { type: string; title: string; detail: string }) {
  const Icon = ICONS[type] ?? CircleHelp;
  return (
    <div className="flex items-center gap-2.5 py-1">
      <span className="grid size-10 shrink-0 place-items-center rounded-lg bg-black/5 text-leaf">
        <Icon className="size-5" aria-hidden />
      </span>
      <div className="min-w-0">
        <p dir="auto" className="message-text font-medium">
          {title}
        </p>
        {detail !== '' && (
          <p dir="auto" className="message-text text-sm text-neutral-600">
            {detail}
          </p>
        )}
      </div>
    </div>
  );
}

/** A picture or video that the simulator has; what is only linked to is not loaded, a drawing stands for it. */
export function Picture({ type, content }: { type: string; content: unknown }) {
  const Icon = ICONS[type] ?? Image;
  const caption = textOf(content, 'caption');
  const link = textOf(content, 'link');
  const id = textOf(content, 'id');
  const [missing, setMissing] = useState(false);
  return (
    <figure className="w-56 max-w-full">
      {id !== '' && !missing ? (
        <Shown
          type={type}
          address={`control/media/${encodeURIComponent(id)}`}
          onMissing={() => setMissing(true)}
        />
      ) : (
        <div className="grid h-32 place-items-center rounded-lg bg-linear-to-br from-sky-200 via-teal-200 to-emerald-300 text-white">
          <Icon className="size-10 drop-shadow" aria-label={TITLES[type]} />
        </div>
      )}
      {link !== '' && (
        <bdi dir="ltr" className="block truncate pt-1 text-xs text-neutral-500">
          {link}
        </bdi>
      )}
      {caption !== '' && (
        <figcaption dir="auto" className="message-text pt-1">
          {caption}
        </figcaption>
      )}
    </figure>
  );
}

interface ShownProps {
  type: string;
  address: string;
  /** The simulator does not have it any more. */
  onMissing: () => void;
}

function Shown({ type, address, onMissing }: ShownProps) {
  if (type === 'video') {
    return <video src={address} controls muted onError={onMissing} className="w-full rounded-lg" />;
  }
  const size = type === 'sticker' ? 'size-28' : 'w-full rounded-lg';
  return <img src={address} alt={TITLES[type] ?? type} onError={onMissing} className={size} />;
}

/** A place on a make-believe map. */
export function Place({ content }: { content: unknown }) {
  return (
    <div className="w-56 max-w-full">
      <div className="grid h-24 place-items-center rounded-lg bg-[linear-gradient(115deg,#d7ecd4_35%,#f6f2e6_35%_42%,#d7ecd4_42%_70%,#cfe3f5_70%)]">
        <MapPin className="size-8 fill-red-500 text-white" aria-hidden />
      </div>
      <p dir="auto" className="message-text pt-1 font-medium">
        {textOf(content, 'name') || `${textOf(content, 'latitude')}, ${textOf(content, 'longitude')}`}
      </p>
      <p dir="auto" className="message-text text-sm text-neutral-600">
        {textOf(content, 'address')}
      </p>
    </div>
  );
}
