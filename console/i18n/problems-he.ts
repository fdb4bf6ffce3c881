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
  'invalid-request': 'משהו במה שנשלח חסר או אינו מותר. בדקו ונסו שוב.',
  'malformed-json': 'השרת לא הצליח לקרוא את הבקשה. רעננו את הדף ונסו שוב.',
  'malformed-form': 'הקובץ לא הגיע בשלמותו. נסו שוב.',
  'bad-request': 'השרת לא הצליח לקרוא את הבקשה. רעננו את הדף ונסו שוב.',
  'unsupported-media-type': 'השרת אינו מקבל בקשות מסוג זה.',
  'too-large': 'מה שנשלח גדול מדי.',
  'bad-cursor': 'הרשימה השתנתה. טענו אותה מההתחלה.',
  unauthorized: 'המפתח או הכניסה אינם בתוקף. היכנסו שוב.',
  'insufficient-scope': 'אין לכם הרשאה לכך. בקשו אותה ממנהל העסק.',
  'wrong-credential': 'רק אדם שנכנס עם סיסמה רשאי לעשות זאת, לא מפתח.',
  'more-than-you-hold': 'אי אפשר לתת או לשנות הרשאות שאין לכם.',
  'no-grant': 'העסק לא נתן גישה.',
  'read-only': 'הגישה הזו היא לקריאה בלבד.',
  'key-ended': 'המפתח בוטל או שפג תוקפו. צרו מפתח אחר.',
  'not-asked': 'איש אינו ממתין עוד להחלטה הזו. רעננו את הדף.',
  'not-active': 'הגישה אינה פעילה. רעננו את הדף.',
  'changed-meanwhile': 'זה השתנה בינתיים. רעננו את הדף ונסו שוב.',
  'steps-pending': 'יש לכם צעד להשלים לפני כן. רעננו את הדף.',
  'https-required': 'הכתובת נפתחה בחיבור לא מוצפן. פתחו אותה ב־https.',
  'foreign-page': 'הבקשה באה מדף אחר. רעננו את הדף ונסו שוב.',
  'not-found': 'זה אינו קיים, או אינו שלכם.',
  'owner-only': 'רק בעל החשבון רשאי לעשות זאת.',
  'owner-not-complete': 'קודם על בעל החשבון להשלים את פרטי החשבון.',
  'last-owner': 'לחשבון חייב להיות בעלים. העבירו קודם את הבעלות.',
  yourself: 'אי אפשר לעשות זאת לעצמכם. בקשו ממנהל אחר.',
  'already-joined': 'האדם כבר הצטרף.',
  'role-in-use': 'יש אנשים בתפקיד הזה. תנו להם קודם תפקיד אחר.',
  'role-exists': 'כבר יש תפקיד בשם הזה.',
  'not-ready': 'עוד אי אפשר. נסו שוב מאוחר יותר.',
  'no-hand-over': 'אין העברת בעלות שממתינה.',
  'already-complete': 'זה כבר נעשה.',
  'eea-not-served': 'מפעיל המערכת מחליט קודם אם העסק יכול לעבוד כאן. פנו אליו.',
  'terms-missing': 'אין תנאים בתוקף, ולכן דבר אינו נשלח. פנו למפעיל המערכת.',
  'account-incomplete': 'חסרים פרטים בחשבון (איש קשר לפרטיות, מדיניות), ולכן דבר אינו נשלח.',
  'method-not-allowed': 'השרת אינו מקבל בקשה כזו בכתובת הזו.',
  'window-closed': 'הלקוח לא כתב ב־24 השעות האחרונות. אפשר לשלוח רק תבנית.',
  'other-app-has-control': 'יישום אחר של WhatsApp מחזיק בשיחה. קחו קודם את השליטה.',
  'group-blocked': 'WhatsApp השעתה את הקבוצה, או שהיא נמחקה.',
  'template-unknown': 'אין לחשבון תבנית בשם הזה ובשפה הזו.',
  'template-parameters': 'מה שממלא את התבנית אינו מתאים לה.',
  'template-not-approved': 'התבנית עוד לא אושרה.',
  'template-paused': 'WhatsApp השהתה את התבנית.',
  'template-disabled': 'WhatsApp חסמה את התבנית.',
  'template-deleted': 'התבנית נמחקה.',
  'template-exists': 'כבר יש תבנית כזו.',
  'template-refused': 'WhatsApp לא קיבלה את התבנית.',
  'template-not-synced': 'מצב התבנית עוד לא נקרא מ־WhatsApp. נסו שוב בעוד זמן קצר.',
  'template-category-fixed': 'אי אפשר לשנות את הקטגוריה של התבנית הזו.',
  'no-channel': 'אין לעסק מספר בחשבון הזה.',
  'account-not-asked': 'WhatsApp לא ענתה לגבי החשבון. נסו שוב.',
  'marketing-stopped': 'הלקוח אינו רוצה שיווק מהמספר הזה.',
  'marketing-stopped-by-client': 'הלקוח הודיע על כך ל־WhatsApp; רק הוא יכול להתיר שוב.',
  'no-contact': 'לקבוצה אין העדפת שיווק משלה.',
  'idempotency-conflict': 'ההודעה כבר נשלחה עם תוכן אחר. רעננו את הדף.',
  'audit-unavailable': 'אי אפשר לכתוב כרגע ביומן הביקורת, ולכן זה לא נעשה. נסו שוב.',
  'not-unconfirmed': 'תוצאת השליחה של ההודעה כבר ידועה.',
  'contact-erased': 'המידע של הלקוח נמחק.',
  'held-by-another': 'מישהו אחר עונה בשיחה הזו. רעננו אותה.',
  'already-merged': 'איש הקשר כבר מאוחד עם אחר. בטלו קודם את האיחוד.',
  'merge-circle': 'האיחוד הזה הולך במעגל. בטלו קודם את האיחוד השני.',
  'token-unusable': 'WhatsApp אינה מראה את המספר לאסימון הזה.',
  'unsupported-message-type': 'אי אפשר לשלוח הודעות מסוג זה.',
  'media-type': 'WhatsApp אינה מקבלת קבצים מסוג זה.',
  'media-too-large': 'הקובץ גדול ממה ש־WhatsApp מקבלת.',
  'media-refused': 'הקובץ אינו תקין, או ש־WhatsApp לא קיבלה אותו.',
  'media-not-converted': 'אי אפשר לעשות מהקובץ הודעה קולית.',
  'templates-per-day': 'המכסה היומית של תבניות נוצלה. אפשר שוב מחר.',
  'too-many-feeds': 'פתוחים יותר מדי דפים בבת אחת. סגרו כמה מהם.',
  'second-factor-demanded': 'העסק דורש אימות נוסף: הוסיפו אחר לפני שמסירים את זה.',
  unavailable: 'שרת שנדרש לכך אינו עונה כרגע. נסו שוב.',
  'internal-error': 'תקלה אצלנו. אם היא חוזרת, פנו למפעיל המערכת.',
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

/** Problems for which there are Hebrew words. */
export const KINDS_IN_HEBREW: readonly string[] = Object.keys(BY_KIND);

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
