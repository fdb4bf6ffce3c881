/** The form of a mail: plain text and simple HTML that say the same, and who sent it and why below. */
import { escapeHtml } from './html.ts';
import type { Letter, MailCategory, MailLanguage } from './model.ts';

export interface Sender {
  /** Address that people may write to. */
  contact: string;
  policyUrl: string;
}

const WORDS: Record<MailLanguage, { reason: Record<MailCategory, string>; contact: string; policy: string }> =
  {
    en: {
      reason: {
        support: 'You get this mail because you asked for support.',
        activity: 'You get this mail because of what happened in your account.',
        account: 'You get this mail because it concerns your account.',
        security: 'You get this mail because it concerns the security of your account.',
        policy: 'You get this mail because our terms or our privacy policy concern you.',
        marketing: 'You get this mail because you agreed to news from us.',
      },
      contact: 'Questions',
      policy: 'Privacy policy',
    },
    he: {
      reason: {
        support: 'הודעה זו נשלחה אליך בעקבות פנייתך לתמיכה.',
        activity: 'הודעה זו נשלחה אליך בעקבות פעילות בחשבונך.',
        account: 'הודעה זו נשלחה אליך כי היא נוגעת לחשבונך.',
        security: 'הודעה זו נשלחה אליך כי היא נוגעת לאבטחת חשבונך.',
        policy: 'הודעה זו נשלחה אליך כי התנאים או מדיניות הפרטיות שלנו נוגעים לך.',
        marketing: 'הודעה זו נשלחה אליך כי הסכמת לקבל מאיתנו חדשות.',
      },
      contact: 'שאלות',
      policy: 'מדיניות הפרטיות',
    },
  };

export function textOf({ lines, link, language }: Letter, category: MailCategory, sender: Sender): string {
  const { reason, contact, policy } = WORDS[language];
  return [
    ...lines,
    ...(link ? [`${link.text}:\n${link.url}`] : []),
    `-- \n${reason[category]}\n${contact}: ${sender.contact}\n${policy}: ${sender.policyUrl}\n`,
  ].join('\n\n');
}

export function htmlOf(letter: Letter, category: MailCategory, sender: Sender): string {
  const { lines, link, language, subject } = letter;
  const { reason, contact, policy } = WORDS[language];
  const direction = language === 'he' ? 'rtl' : 'ltr';
  const paragraphs = lines.map((line) => `<p>${escapeHtml(line)}</p>`);
  const opened = link ? [`<p><a href="${escapeHtml(link.url)}">${escapeHtml(link.text)}</a></p>`] : [];
  return [
    `<!doctype html>`,
    `<html lang="${language}" dir="${direction}">`,
    `<head><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>${escapeHtml(subject)}</title></head>`,
    `<body dir="${direction}" style="font-family:sans-serif;line-height:1.5;max-width:36em">`,
    ...paragraphs,
    ...opened,
    `<hr>`,
    `<p style="color:#555;font-size:small">${escapeHtml(reason[category])}<br>`,
    `${contact}: <a href="mailto:${escapeHtml(sender.contact)}">${escapeHtml(sender.contact)}</a> · `,
    `<a href="${escapeHtml(sender.policyUrl)}">${policy}</a></p>`,
    `</body></html>`,
  ].join('\n');
}
