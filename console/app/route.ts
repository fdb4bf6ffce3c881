/**
 * The screen's address: `#/` is the list, `#/c/<conversation id>` an open conversation, `#/channels` the numbers of the
 * business and `#/channels/<channel id>` one of them, `#/audit` the audit log,
 * `#/settings/<name>` a page of the settings (pages.ts).
 */

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

/** The page of the audit log. */
export const AUDIT_HASH = '#/audit';

/** The page of the numbers and which of them is open; `null` on any other page. */
export function channelsOf(hash: string): { channelId: string | null } | null {
  const match = /^#\/channels(?:\/([\w-]+))?$/.exec(hash);
  return match === null ? null : { channelId: match[1] ?? null };
}

export function channelsHash(channelId: string | null): string {
  return channelId === null ? '#/channels' : `#/channels/${encodeURIComponent(channelId)}`;
}

/** The name of the open page of the settings; `null` on any other page. */
export function settingsPageOf(hash: string): string | null {
  return /^#\/settings\/([a-z-]+)$/.exec(hash)?.[1] ?? null;
}

export function settingsHash(name: string): string {
  return `#/settings/${name}`;
}
