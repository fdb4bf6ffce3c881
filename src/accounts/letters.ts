/** The words of the mails about accounts, in the language of who gets them. */
import type { Context } from '../context.ts';
import { sendMail } from '../mail/mail.ts';
import type { MailLanguage } from '../mail/model.ts';

interface About {
  business: string;
  accountNumber: string;
  name: string;
}

type Words = (about: About) => { subject: string; lines: string[]; link?: string };

const LETTERS = {
  invitation: {
    en: ({ business, accountNumber, name }) => ({
      subject: `${business} invites you to its inbox`,
      lines: [
        `Hello ${name},`,
        `${business} gave you access to its inbox. Choose a password with the link below; it works once, for 7 days.`,
        `You will sign in with the account number ${accountNumber}.`,
      ],
      link: 'Choose a password',
    }),
    he: ({ business, accountNumber, name }) => ({
      subject: `הזמנה לתיבת ההודעות של ${business}`,
      lines: [
        `שלום ${name},`,
        `קיבלתם גישה לתיבת ההודעות של ${business}. בחרו סיסמה בקישור; הוא פועל פעם אחת, במשך 7 ימים.`,
        `הכניסה היא עם מספר החשבון ${accountNumber}.`,
      ],
      link: 'בחירת סיסמה',
    }),
  },
  'prove-email': {
    en: ({ business, name }) => ({
      subject: 'Is this your address?',
      lines: [
        `Hello ${name},`,
        `${business} noted this address as yours. Please confirm it; until then no mail for resets or emergencies goes to it.`,
      ],
      link: 'Yes, this is my address',
    }),
    he: ({ business, name }) => ({
      subject: 'האם זו הכתובת שלכם?',
      lines: [
        `שלום ${name},`,
        `${business} רשם כתובת זו כשלכם. אשרו אותה; עד אז לא יישלחו אליה הודעות איפוס או חירום.`,
      ],
      link: 'כן, זו הכתובת שלי',
    }),
  },
  'hand-over-offered': {
    en: ({ business, name }) => ({
      subject: `The account of ${business} is to be handed over`,
      lines: [
        `Hello ${name},`,
        `The owner of ${business} offered to hand the account over. The person who was asked has 7 days to accept it in the console. If you do not expect this, tell your administrator.`,
      ],
    }),
    he: ({ business, name }) => ({
      subject: `העברת הבעלות בחשבון של ${business}`,
      lines: [
        `שלום ${name},`,
        `בעל החשבון של ${business} הציע להעביר את החשבון. למי שהתבקש יש 7 ימים לאשר זאת במערכת. אם לא ציפיתם לכך, פנו למנהל.`,
      ],
    }),
  },
  'hand-over-done': {
    en: ({ business, name }) => ({
      subject: `The account of ${business} has a new owner`,
      lines: [
        `Hello ${name},`,
        `The account of ${business} was handed over. If you do not expect this, tell the operator of the installation at once.`,
      ],
    }),
    he: ({ business, name }) => ({
      subject: `לחשבון של ${business} יש בעלים חדש`,
      lines: [`שלום ${name},`, `החשבון של ${business} הועבר. אם לא ציפיתם לכך, פנו מיד למפעיל המערכת.`],
    }),
  },
} as const satisfies Record<string, Record<MailLanguage, Words>>;

interface Sending extends About {
  tenantId: string;
  to: string;
  language: MailLanguage;
  url?: string;
}

/** @throws Reject (503) `mail-not-set-up` */
export async function sendLetter(ctx: Context, kind: keyof typeof LETTERS, sending: Sending): Promise<void> {
  const { tenantId, to, language, url } = sending;
  const words: ReturnType<Words> = LETTERS[kind][language](plainNames(sending));
  const { subject, lines, link } = words;
  const category = kind.startsWith('hand-over') ? 'security' : 'account';
  const button = url !== undefined && link !== undefined ? { link: { text: link, url } } : {};
  await sendMail(ctx, { tenantId, to, category, language, subject: subject.slice(0, 200), lines, ...button });
}

/** Names that people chose stand in a subject: one line, and not so long that they could tell a story. */
function plainNames({ business, accountNumber, name }: About): About {
  const short = (text: string) => text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ').slice(0, 80);
  return { business: short(business), accountNumber, name: short(name) };
}
