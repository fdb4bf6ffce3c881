import type { Conversation, ConversationContact } from '../api/types.ts';
import { plainName } from '../ui/plain-name.ts';

/** How a contact is called on the screen, and whether that is a number (shown left to right). */
export interface ContactLabel {
  kind: 'name' | 'username' | 'phone' | 'unknown';
  text: string;
}

/** Name, else username, else the phone number with its middle hidden; `unknown` has no text. */
export function contactLabel(contact: ConversationContact | null): ContactLabel {
  const name = plainName(contact?.name ?? '').trim();
  if (name !== '') return { kind: 'name', text: name };
  if (contact?.username != null && contact.username !== '') {
    return { kind: 'username', text: `@${plainName(contact.username)}` };
  }
  if (contact?.phone != null && contact.phone !== '') {
    return { kind: 'phone', text: maskPhone(contact.phone) };
  }
  return { kind: 'unknown', text: '' };
}

/** `+972501234567` → `•••• 4567`: enough to tell people apart, not enough to write down in passing. */
export function maskPhone(phone: string): string {
  const digits = phone.replace(/\D/g, '');
  return `•••• ${digits.slice(digits.length < 8 ? -2 : -4)}`;
}

/** The first letters of up to two words of a name; empty when it is not a name. */
export function initials(label: ContactLabel): string {
  if (label.kind === 'phone' || label.kind === 'unknown') return '';
  const words = label.text.replace(/^@/, '').split(/[\s._-]+/);
  const letters = words.flatMap((word) => /\p{L}|\p{N}/u.exec(word)?.[0] ?? []);
  return letters.slice(0, 2).join('').toLocaleUpperCase();
}

/** True when the conversation fits what was typed: part of a name, a username, a text, or digits of a number. */
export function matchesSearch(conversation: Conversation, search: string): boolean {
  const wanted = search.trim().toLocaleLowerCase();
  if (wanted === '') return true;
  const { contact, lastMessage } = conversation;
  const texts = [contact?.name, contact?.username, lastMessage?.preview];
  if (texts.some((text) => text?.toLocaleLowerCase().includes(wanted))) return true;
  const digits = wanted.replace(/[\s+()-]/g, '');
  return /^\d+$/.test(digits) && (contact?.phone?.replace(/\D/g, '').includes(digits) ?? false);
}

/** True when the client said the last word and somebody should answer. */
export function isWaiting(conversation: Conversation): boolean {
  return conversation.state !== 'RESOLVED' && conversation.lastMessage?.direction === 'in';
}
