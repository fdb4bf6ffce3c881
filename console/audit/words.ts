/** What an action is called; one that is not known here is shown by its own word. */
type Words = readonly [en: string, he: string];

const ACTIONS: Record<string, Words> = {
  'content.viewed': ['Looked at content', 'צפייה בתוכן'],
  'file.fetched': ['Fetched a file', 'הורדת קובץ'],
  'feed.opened': ['Opened the live feed', 'פתיחת העדכון החי'],
  'feed.listening': ['Followed the live feed', 'מעקב אחרי העדכון החי'],
  'request.refused': ['Asked for what is not allowed', 'בקשה שאינה מותרת'],
  'audit.viewed': ['Looked at the audit log', 'צפייה ביומן הביקורת'],
  'audit.exported': ['Exported the audit log', 'ייצוא יומן הביקורת'],
  'audit.entry-unreadable': ['An entry could not be read', 'רשומה שלא ניתן לקרוא'],
  'channel.connected': ['Connected a number', 'חיבור מספר'],
  'channel.checked': ['Checked a number', 'בדיקת מספר'],
  'channel.token-replaced': ['Replaced a number’s token', 'החלפת אסימון של מספר'],
  'channel.policy-changed': ['Changed how a number sends', 'שינוי אופן השליחה של מספר'],
  'contact.merged': ['Merged two contacts', 'מיזוג אנשי קשר'],
  'contact.merge-undone': ['Undid a merge', 'ביטול מיזוג'],
  'contact.marketing-chosen': ['Noted a choice about marketing', 'רישום בחירה לגבי שיווק'],
  'conversation.control-taken': ['Took a conversation over', 'נטילת שיחה'],
  'message.resolved': ['Decided about an unconfirmed message', 'הכרעה לגבי הודעה לא מאושרת'],
  'template.created': ['Created a template', 'יצירת תבנית'],
  'template.changed': ['Changed a template', 'שינוי תבנית'],
  'template.deleted': ['Deleted a template', 'מחיקת תבנית'],
  'templates.synced': ['Read the templates anew', 'קריאת התבניות מחדש'],
  'dead-letters.replayed': ['Put dead letters back', 'החזרת הודעות שנכשלו'],
  'dead-letter.replayed': ['Put a dead letter back', 'החזרת הודעה שנכשלה'],
  'dead-letter.discarded': ['Discarded a dead letter', 'השלכת הודעה שנכשלה'],
  'key.created': ['Made an API key', 'יצירת מפתח API'],
  'key.renamed': ['Renamed an API key', 'שינוי שם של מפתח API'],
  'key.rotated': ['Replaced an API key', 'החלפת מפתח API'],
  'key.revoked': ['Ended an API key', 'ביטול מפתח API'],
  'session.started': ['Signed in', 'כניסה'],
  'session.refused': ['Was refused at sign-in', 'סירוב בכניסה'],
  'session.ended': ['Signed out', 'יציאה'],
  'password.reset-asked': ['Asked for a new password', 'בקשת סיסמה חדשה'],
  'password.reset': ['Set a new password', 'קביעת סיסמה חדשה'],
  'policy.accepted': ['Accepted the policy', 'קבלת המדיניות'],
  'policy.declined': ['Declined the policy', 'דחיית המדיניות'],
  'account.signed-up': ['Signed the business up', 'הרשמת העסק'],
  'account.completed': ['Completed the account', 'השלמת החשבון'],
  'account.changed': ['Changed the account', 'שינוי החשבון'],
  'user.invited': ['Invited a person', 'הזמנת אדם'],
  'user.invited-again': ['Invited a person again', 'הזמנה חוזרת של אדם'],
  'user.joined': ['Joined', 'הצטרפות'],
  'user.changed': ['Changed a person', 'שינוי פרטי אדם'],
  'user.disabled': ['Disabled a person', 'השבתת אדם'],
  'user.owner-added': ['Added the owner', 'הוספת הבעלים'],
  'role.created': ['Made a role', 'יצירת תפקיד'],
  'role.changed': ['Changed a role', 'שינוי תפקיד'],
  'role.deleted': ['Deleted a role', 'מחיקת תפקיד'],
  'contact.erasure-asked': ['Asked to erase a contact', 'בקשת מחיקה של איש קשר'],
  'support-access.look': ['Staff looked, with access', 'צפייה של צוות, בהרשאה'],
};

export function actionWords(action: string, language: string): string {
  const command = /^command\.(.+)$/.exec(action)?.[1];
  if (command !== undefined) return `${language === 'he' ? 'פקודה' : 'Command'}: ${command}`;
  const [en, he] = ACTIONS[action] ?? [];
  return (language === 'he' ? he : en) ?? action;
}

/** First parts of actions, for the filter. */
export const GROUPS = [
  'content.',
  'feed.',
  'request.',
  'session.',
  'user.',
  'key.',
  'channel.',
  'contact.',
  'template.',
  'role.',
  'account.',
  'support-access.',
  'audit.',
  'command.',
] as const;
