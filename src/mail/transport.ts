/** The mail server of SMTP_URL. */
import { createTransport, type Transporter } from 'nodemailer';

import type { Settings } from '../../config/settings.ts';
import { htmlOf, type Sender, textOf } from './letter.ts';
import { linkBase } from './mail.ts';
import type { Letter, MailCategory } from './model.ts';

/** A mail server that hangs holds a worker's turn no longer. */
const TIMEOUT_MS = 20_000;

export type Handed =
  | { kind: 'sent' }
  /** Trying again may help. */
  | { kind: 'again'; reason: string }
  /** The server will never take this mail. */
  | { kind: 'refused'; reason: string };

export interface MailClient {
  send(mail: { id: string; category: MailCategory; letter: Letter }): Promise<Handed>;
  close(): void;
}

type MailSettings = Pick<
  Settings,
  'SMTP_URL' | 'MAIL_FROM' | 'CONTACT_EMAIL' | 'POLICY_URL' | 'BASE_URL' | 'PORT'
>;

/** Null where there is no mail server. */
export function openMailClient(settings: MailSettings): MailClient | null {
  const { SMTP_URL } = settings;
  if (SMTP_URL === undefined) return null;
  const { hostname, username } = new URL(SMTP_URL);
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  const transport = createTransport({
    url: SMTP_URL,
    // A password goes over TLS only; the server of this machine is reached by nobody else's wire.
    requireTLS: username !== '' && !isHere,
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return { send: (mail) => handOver(transport, settings, mail), close: () => transport.close() };
}

async function handOver(
  transport: Transporter,
  settings: MailSettings,
  { id, category, letter }: Parameters<MailClient['send']>[0],
): Promise<Handed> {
  const base = linkBase({ settings: settings as Settings });
  const { hostname } = new URL(base);
  const sender = senderOf(settings, base);
  try {
    await transport.sendMail({
      from: settings.MAIL_FROM ?? { name: 'WHATSPER', address: `no-reply@${hostname}` },
      replyTo: sender.contact,
      to: { name: '', address: letter.to },
      subject: letter.subject,
      text: textOf(letter, category, sender),
      html: htmlOf(letter, category, sender),
      // The same for every try: a mail that was taken and not confirmed is known again.
      messageId: `<${id}@${hostname}>`,
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Whatsper-Category': category },
    });
    return { kind: 'sent' };
  } catch (error) {
    return failureOf(error);
  }
}

export function senderOf({ CONTACT_EMAIL, POLICY_URL }: MailSettings, base: string): Sender {
  return { contact: CONTACT_EMAIL, policyUrl: POLICY_URL ?? `${base}/policy` };
}

/** Of what a mail server or the network says only codes are kept: their texts quote addresses. */
function failureOf(error: unknown): Handed {
  const { code, responseCode, command } = error as {
    code?: unknown;
    responseCode?: unknown;
    command?: unknown;
  };
  const words = [code, responseCode, command].filter(
    (word) =>
      (typeof word === 'string' || typeof word === 'number') && /^[A-Z0-9 ]{1,20}$/.test(String(word)),
  );
  const reason = words.join(' ') || 'unknown';
  // A refused password is the operator's to mend: the mail waits for it.
  const isAddress = command === 'RCPT TO' || command === 'DATA';
  const isForGood = typeof responseCode === 'number' && responseCode >= 500 && isAddress;
  return { kind: isForGood ? 'refused' : 'again', reason };
}
