/**
 * What the server says no to, in Hebrew, by the last part of the problem's type; in English the server says it itself.
 * `{{seconds}}` stands for how long it asks us to wait.
 */
const BY_KIND: Record<string, string> = {
  'wrong-password': 'זו אינה הסיסמה הנוכחית שלכם.',
  'weak-password':
    'הסיסמה אינה טובה דיה: לפחות 15 תווים (8 עם אימות נוסף), לא מהנפוצות, ובלי שמות שלכם או של העסק.',
  'wrong-code': 'זה אינו הקוד שהאפליקציה מציגה עכשיו.',
  'wrong-passkey': 'התשובה של הדפדפן אינה מתאימה. יש להתחיל שוב.',
  'ticket-over': 'זה נמשך זמן רב מדי, או כבר נעשה. יש להתחיל שוב.',
  'rate-limited': 'יותר מדי בקשות. אפשר לנסות שוב בעוד {{seconds}} שניות.',
  busy: 'רבים נכנסים ברגע זה. נסו שוב.',
  'sign-in-refused': 'מספר החשבון, השם או הסיסמה שגויים.',
  'code-refused': 'זה אינו הקוד הנוכחי, או שכבר נעשה בו שימוש. נסו את הבא.',
  'link-over': 'הקישור כבר שימש, פג תוקפו, או מעולם לא היה.',
  'mail-not-set-up': 'המערכת עדיין אינה יכולה לשלוח דואר.',
  'sign-up-closed': 'מפעיל המערכת פותח את החשבונות.',
  'name-not-available': 'שם המשתמש או הדואר אינם פנויים.',
  'other-policy': 'המדיניות השתנתה בינתיים. קראו אותה שוב.',
};

/** What is wrong with a password, more closely. */
const WEAK: [said: RegExp, words: string][] = [
  [/at least (\d+) characters/, 'בסיסמה צריכים להיות לפחות $1 תווים.'],
  [/at most (\d+) characters/, 'בסיסמה יכולים להיות לכל היותר $1 תווים.'],
  [/tried first/, 'הסיסמה היא מאלה שמנסים ראשונות: בחרו אחרת.'],
  [/too easy to guess/, 'קל מדי לנחש את הסיסמה (רצף מקשים, או אותו הדבר שוב ושוב): בחרו אחרת.'],
  [/contains the name/, 'הסיסמה מכילה את שם המוצר, העסק או שלכם: בחרו אחרת.'],
  [/another one than before/, 'הסיסמה צריכה להיות אחרת מהקודמת.'],
];

interface Said {
  kind: string;
  detail: string;
  retryAfterMs: number | null;
}

/** Undefined: there are no Hebrew words for it. */
export function problemInHebrew({ kind, detail, retryAfterMs }: Said): string | undefined {
  if (kind === 'weak-password') {
    const [said, words] = WEAK.find(([pattern]) => pattern.test(detail)) ?? [];
    if (said && words) return words.replace('$1', said.exec(detail)?.[1] ?? '');
  }
  return BY_KIND[kind]?.replace('{{seconds}}', String(Math.ceil((retryAfterMs ?? 1_000) / 1_000)));
}
