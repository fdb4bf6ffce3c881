/** The screen's address: `#/` is the list, `#/c/<conversation id>` an open conversation. */

/** The id of the open conversation, or `null`. */
export function conversationOf(hash: string): string | null {
  const match = /^#\/c\/([^/?#]+)$/.exec(hash);
  if (match?.[1] === undefined) return null;
  try {
    return decodeURIComponent(match[1]);
  } catch {
    return null; // a broken escape: somebody typed the address
  }
}

export function hashOf(conversationId: string | null): string {
  return conversationId === null ? '#/' : `#/c/${encodeURIComponent(conversationId)}`;
}
