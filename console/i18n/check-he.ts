/**
 * The findings of a number's check in Hebrew, by their code; in English the server says them itself. `{{name}}` stands
 * for a value of the finding.
 */
type Words = readonly [means: string, todo?: string];

const MAKE_TOKEN =
  'צרו אסימון חדש של משתמש מערכת ומסרו אותו: whatsper channel token --channel {{channelId}} --token -';
const CONNECT = 'whatsper channel connect --tenant … --phone-number-id {{phoneNumberId}}';

export const POINTS_HE: Record<string, string> = {
  channel: 'ערוץ',
  token: 'אסימון גישה',
  expiry: 'תוקף האסימון',
  scopes: 'הרשאות האסימון',
  app: 'האפליקציה ב־Meta',
  account: 'חשבון WhatsApp Business',
  number: 'מספר וחשבון',
  registered: 'רישום',
  throughput: 'קצב',
  quality: 'איכות',
  name: 'שם מוצג',
  limit: 'מגבלת פניות',
  subscribed: 'הרשמה להודעות',
  callback: 'כתובת ההודעות הנכנסות',
  handshake: 'לחיצת יד',
  roundTrip: 'הלוך ושוב',
  send: 'הודעת ניסיון',
};

export const FINDINGS_HE: Record<string, Words> = {
  'channel.active': ['הערוץ שולח.'],
  'channel.paused': [
    'הערוץ מושהה ואינו שולח דבר: {{reason}}.',
    'תקנו את הסיבה (ראו את שאר הסעיפים), ואז מסרו שוב את האסימון: whatsper channel token --channel {{channelId}} --token -',
  ],
  'token.valid': ['Meta מקבלת את האסימון.'],
  'token.invalid': ['Meta אינה מקבלת את האסימון: אי אפשר לשלוח דבר.', MAKE_TOKEN],
  'token.away': ['Meta לא ענתה ({{cause}}).', 'בדקו את הרשת ואת GRAPH_API_URL והריצו שוב.'],
  'token.unsaid': ['Meta אינה אומרת מה מותר לאסימון; שאר הסעיפים יראו אם הוא עובד.'],
  'expiry.never': ['לאסימון אין תאריך סיום.'],
  'expiry.later': ['האסימון יפוג ב־{{date}}; תקבלו הודעה 14, 7 ויום אחד לפני כן.'],
  'expiry.soon': ['האסימון יפוג ב־{{date}}, בעוד {{days}} ימים.', MAKE_TOKEN],
  'expiry.over': ['האסימון פג ב־{{date}}.', MAKE_TOKEN],
  'expiry.unknown': ['Meta אינה אומרת מתי האסימון פג.'],
  'scopes.whole': ['האסימון רשאי לשלוח ולנהל.'],
  'scopes.missing': ['לאסימון חסר {{scopes}}.', MAKE_TOKEN],
  'scopes.unknown': ['Meta אינה אומרת אילו הרשאות יש לאסימון.'],
  'app.available': ['Meta מאפשרת לאפליקציה לשלוח: היא פעילה.'],
  'app.limited': ['Meta מגבילה את האפליקציה. {{words}}', 'בדקו את האפליקציה בלוח הבקרה של Meta.'],
  'app.blocked': [
    'Meta אינה מאפשרת לאפליקציה לשלוח. {{words}}',
    'העבירו את האפליקציה למצב פעיל בלוח הבקרה של Meta, ובדקו מה מבוקש שם.',
  ],
  'app.sandbox': ['זה מספר ניסיון: הוא כותב לחמישה מספרים מורשים בלבד.', 'חברו מספר משלכם כשתסיימו לנסות.'],
  'app.unknown': [
    'Meta אינה אומרת אם האפליקציה פעילה.',
    'בדקו בלוח הבקרה של Meta: בלי מצב פעיל לא מגיעות הודעות.',
  ],
  'account.approved': ['Meta אישרה את החשבון ומאפשרת לו לשלוח.'],
  'account.pending': ['Meta עדיין לא בדקה את החשבון ({{review}}).', 'המתינו; עד אז חלק מהאפשרויות סגורות.'],
  'account.limited': ['Meta מגבילה את החשבון. {{words}}', 'עשו מה ש־Meta אומרת במנהל ה־WhatsApp.'],
  'account.blocked': ['Meta דחתה או חסמה את החשבון. {{words}}', 'בקשו בדיקה בתמיכה העסקית של Meta.'],
  'account.unknown': ['Meta אינה אומרת מה מצב החשבון.'],
  'number.found': ['האסימון מנהל את {{number}} בחשבון {{wabaId}}.'],
  'number.foreign': [
    'האסימון אינו רואה את המספר הזה בחשבון שלו.',
    'שייכו את החשבון למשתמש המערכת של האסימון בהגדרות העסק, או חברו את המספר מחדש.',
  ],
  'number.refused': ['Meta סירבה: {{words}}', 'מה לעשות: {{todo}}'],
  'registered.connected': ['המספר רשום ומחובר.'],
  'registered.not': ['המספר אינו מחובר ({{status}}).', `רשמו אותו: ${CONNECT} --pin …`],
  'registered.unknown': ['Meta אינה אומרת אם המספר רשום.'],
  'throughput.known': ['{{rate}} הודעות בשנייה.'],
  'quality.green': ['גבוהה.'],
  'quality.yellow': [
    'בינונית: לקוחות חסמו את המספר או דיווחו עליו.',
    'כתבו פחות למי שאינו עונה, ורק את מה שביקשו.',
  ],
  'quality.red': [
    'נמוכה: Meta עלולה להגביל את המספר.',
    'עצרו דיוור, ובדקו במנהל ה־WhatsApp על אילו תבניות דיווחו.',
  ],
  'quality.unknown': ['עדיין לא נקבעה.'],
  'name.approved': ['{{name}}, מאושר.'],
  'name.pending': ['{{name}} עדיין לא אושר ({{status}}).', 'המתינו לבדיקה של Meta.'],
  'name.refused': ['Meta דחתה את השם המוצג ({{status}}).', 'בקשו שם אחר במנהל ה־WhatsApp.'],
  'name.unknown': ['Meta אינה אומרת מה מצב השם המוצג.'],
  'limit.known': ['{{limit}}: אנשים שפונים אליהם מחוץ לחלון ב־24 שעות, בכל מספרי העסק יחד.'],
  'limit.unknown': ['Meta אינה אומרת.'],
  'subscribed.yes': ['האפליקציה מקבלת את הודעות החשבון.'],
  'subscribed.no': [
    'האפליקציה אינה מקבלת את הודעות החשבון: מה שלקוחות כותבים אינו מגיע לכאן.',
    `חברו שוב: ${CONNECT}`,
  ],
  'subscribed.unknown': ['Meta אינה אומרת.'],
  'callback.ours': ['ההודעות מגיעות אל {{url}}.'],
  'callback.other': ['ההודעות הולכות אל {{url}}, והמערכת הזאת היא {{ours}}.', `חברו שוב: ${CONNECT}`],
  'callback.unknown': [
    'Meta אינה אומרת לאן ההודעות הולכות.',
    'הכתובת צריכה להיות {{ours}}: ראו בלוח הבקרה של Meta.',
  ],
  'callback.noAddress': [
    'המערכת אינה יודעת את כתובתה הציבורית. ההודעות הולכות אל {{url}}.',
    'הגדירו ב־BASE_URL את כתובת ה־https הציבורית.',
  ],
  'handshake.done': ['הכתובת עונה לשאלה של Meta.'],
  'handshake.refused': [
    'הכתובת עונה {{status}} במקום האתגר.',
    'האם META_VERIFY_TOKEN זהה בכל התהליכים, והאם הכתובת מובילה לשרת הזה?',
  ],
  'handshake.silent': ['הכתובת אינה עונה ({{cause}}).', 'האם השרת פועל, והאם מגיעים לכתובת מבחוץ?'],
  'handshake.noToken': [
    'אין כאן אסימון אימות.',
    'הגדירו META_VERIFY_TOKEN, או הריצו whatsper app verify-token.',
  ],
  'handshake.skipped': ['לא נבדק: הכתובת הציבורית אינה ידועה.'],
  'roundTrip.done': ['הודעה חתומה נכנסה דרך הכתובת הציבורית, והודעה בחתימה שגויה נדחתה.'],
  'roundTrip.refused': [
    'הודעה חתומה נענתה ב־{{status}}.',
    'האם META_APP_SECRET הוא של האפליקציה ב־Meta? האם שרת בדרך משנה את מה שנשלח?',
  ],
  'roundTrip.open': ['הודעה בחתימה שגויה נענתה ב־{{status}} ולא ב־401.', 'הכתובת אינה מובילה לשרת הזה.'],
  'roundTrip.silent': ['הכתובת אינה עונה ({{cause}}).', 'האם השרת פועל, והאם מגיעים לכתובת מבחוץ?'],
  'roundTrip.noSecret': ['אין כאן סוד אפליקציה: הודעות נכנסות נדחות.', 'הגדירו META_APP_SECRET.'],
  'roundTrip.skipped': ['לא נבדק: הכתובת הציבורית אינה ידועה.'],
  'send.delivered': ['הודעת ניסיון התקבלה, והסטטוס שלה חזר: {{status}}.'],
  'send.noStatus': [
    'הודעת ניסיון התקבלה, אבל שום סטטוס לא חזר בתוך {{seconds}} שניות.',
    'ראו הרשמה להודעות, כתובת ההודעות הנכנסות והלוך ושוב.',
  ],
  'send.refused': ['Meta סירבה להודעת הניסיון: {{words}}', 'מה לעשות: {{todo}}'],
};
