/** A piece of a text: plain, or a web address to open. */
export interface TextPart {
  kind: 'plain' | 'link';
  text: string;
}

const WEB_ADDRESS = /https?:\/\/[^\s<>"']+/giu;
/** Signs that end a sentence, not an address. */
const TRAILING = /(?<![.,;:!?)\]}»”’])[.,;:!?)\]}»”’]+$/u;

/** Splits a text at its http(s) addresses. Joined, the parts are the text again. */
export function splitLinks(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (const match of text.matchAll(WEB_ADDRESS)) {
    const address = match[0].replace(TRAILING, '');
    if (match.index > from) parts.push({ kind: 'plain', text: text.slice(from, match.index) });
    parts.push({ kind: 'link', text: address });
    from = match.index + address.length;
  }
  if (from < text.length) parts.push({ kind: 'plain', text: text.slice(from) });
  return parts;
}
