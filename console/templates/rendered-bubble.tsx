import { FileImage } from 'lucide-react';

import type { RenderedTemplate } from '../api/types.ts';

/** A template as the client will see it. */
export function RenderedBubble({
  rendered: { header, body, footer, buttons },
}: {
  rendered: RenderedTemplate;
}) {
  return (
    <div
      data-testid="template-preview"
      className="w-fit max-w-full rounded-2xl bg-bubble-out px-3 py-2 shadow-xs"
    >
      {header?.text !== undefined && (
        <p dir="auto" className="font-semibold [overflow-wrap:anywhere]">
          {header.text}
        </p>
      )}
      {header !== undefined && header.text === undefined && (
        <p className="mb-1 flex items-center gap-1 text-sm text-muted">
          <FileImage aria-hidden className="size-4 shrink-0" />
          <bdi dir="ltr" className="[overflow-wrap:anywhere]">
            {header.filename ?? header.link ?? header.format.toLowerCase()}
          </bdi>
        </p>
      )}
      <p dir="auto" className="[overflow-wrap:anywhere] whitespace-pre-wrap">
        {body}
      </p>
      {footer !== undefined && (
        <p dir="auto" className="mt-0.5 text-xs text-muted">
          {footer}
        </p>
      )}
      {buttons.map(({ text }, index) => (
        <p key={index} className="mt-1 border-t border-current/15 pt-1 text-center text-sm text-accent">
          <bdi>{text}</bdi>
        </p>
      ))}
    </div>
  );
}
