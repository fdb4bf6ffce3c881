import { Download } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import type { Message, MessageMedia } from '../api/types.ts';
import { fileSize } from '../ui/file-size.ts';
import { plainName } from '../ui/plain-name.ts';
import type { ContentKind, ContentView } from './content.ts';
import { string } from './fields.ts';
import { KindLine } from './kind-line.tsx';

const FILES = ['image', 'video', 'audio', 'voice', 'document', 'sticker'] as const;
type FileKind = (typeof FILES)[number];

export function isFile(kind: ContentKind): kind is FileKind {
  return FILES.some((file) => file === kind);
}

/**
 * A file: shown when the server has it, else a card that says what it is and what became of it. Addresses come from the
 * server's own media store only; what the message itself links to is never loaded.
 */
export function FileCard({ message, view }: { message: Message; view: ContentView }) {
  const { t, i18n } = useTranslation();
  const { media, content } = message;
  const kind = view.kind as FileKind;
  if (media?.status === 'stored' && media.url !== undefined) {
    return (
      <div data-testid="file-card" data-media="stored">
        <span className="sr-only">{t(`kinds.${kind}`)}</span>
        <StoredFile kind={kind} media={media} url={media.url} label={view.text ?? t(`kinds.${kind}`)} />
      </div>
    );
  }
  const told = media?.mime ?? string(content.mime_type);
  // Said of what nobody has looked at yet.
  const mime = told === 'application/octet-stream' ? null : told;
  const size = media?.size === undefined ? null : fileSize(media.size, i18n.language);
  const facts = [mime?.split(';')[0], size].filter((fact) => typeof fact === 'string').join(' · ');
  const said = view.title ?? media?.name ?? string(content.filename) ?? linkName(content.link);
  const name = said === null ? null : plainName(said);
  return (
    <div data-testid="file-card" data-media={media?.status ?? 'none'}>
      <KindLine kind={kind} title={name} hint={facts || null} />
      {media !== undefined && media.status !== 'stored' && (
        <p
          role={media.status === 'pending' ? 'status' : undefined}
          className={`text-xs ${LOOKS[media.status]}`}
        >
          {t(`media.${media.status}`)}
        </p>
      )}
    </div>
  );
}

const LOOKS = { pending: 'text-muted', failed: 'text-bad', expired: 'text-warn' };

/** The last part of the address that we gave to WhatsApp. */
function linkName(link: unknown): string | null {
  const address = string(link);
  return address === null ? null : (address.split(/[?#]/)[0]?.split('/').at(-1) ?? null);
}

interface StoredFileProps {
  kind: FileKind;
  media: MessageMedia;
  url: string;
  label: string;
}

function StoredFile({ kind, media, url, label }: StoredFileProps) {
  if (kind === 'image' || kind === 'sticker') {
    return (
      <a href={url} target="_blank" rel="noopener noreferrer" className="my-1 block w-fit">
        <img
          src={media.thumbnailUrl ?? url}
          alt={label}
          loading="lazy"
          className={
            kind === 'sticker' ? 'size-32 object-contain' : 'max-h-72 max-w-full rounded-lg object-contain'
          }
        />
      </a>
    );
  }
  if (kind === 'video') {
    return (
      <video
        controls
        preload="none"
        src={url}
        poster={media.thumbnailUrl}
        aria-label={label}
        className="my-1 max-h-72 max-w-full rounded-lg"
      />
    );
  }
  if (kind === 'audio' || kind === 'voice') {
    // The browser takes the first form that it can play: not each of them plays WhatsApp's OGG.
    return (
      <audio controls preload="none" aria-label={label} className="my-1 w-64 max-w-full">
        <source src={url} type={media.mime === 'audio/ogg' ? 'audio/ogg; codecs=opus' : media.mime} />
        {media.mp3Url !== undefined && <source src={media.mp3Url} type="audio/mpeg" />}
      </audio>
    );
  }
  return <FileLink media={media} url={url} />;
}

function FileLink({ media, url }: { media: MessageMedia; url: string }) {
  const { t, i18n } = useTranslation();
  const size = media.size === undefined ? '' : ` · ${fileSize(media.size, i18n.language)}`;
  return (
    <a
      href={url}
      download={media.name === undefined ? true : plainName(media.name)}
      className="my-1 flex items-center gap-2.5 rounded-lg bg-tint px-2.5 py-2 hover:bg-hover"
    >
      <Download aria-hidden className="size-4.5 shrink-0 text-accent" />
      <span className="min-w-0 text-sm">
        <bdi className="block [overflow-wrap:anywhere]">{plainName(media.name ?? t('kinds.document'))}</bdi>
        <span className="text-xs text-muted">
          {t('media.download')}
          {size}
        </span>
      </span>
    </a>
  );
}
