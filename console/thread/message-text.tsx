import { splitLinks } from './links.ts';

/**
 * A text in its own direction: the first strong letter decides, whatever the language of the screen,
 * and what surrounds it is not disturbed. Web addresses open in a new tab that learns nothing of us.
 */
export function MessageText({ text }: { text: string }) {
  return (
    <p dir="auto" className="[overflow-wrap:anywhere] whitespace-pre-wrap [unicode-bidi:isolate]">
      {splitLinks(text).map((part, index) =>
        part.kind === 'plain' ? (
          part.text
        ) : (
          <a
            key={index}
            href={part.text}
            dir="ltr"
            target="_blank"
            rel="noopener noreferrer"
            className="text-tick-read underline underline-offset-2"
          >
            {part.text}
          </a>
        ),
      )}
    </p>
  );
}
