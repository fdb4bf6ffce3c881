/**
 * A template for the privacy policy of an installation: whoever runs one replaces it by their own (POLICY_FILE), since
 * only they can say who they are. It is what people accept while no other policy is set.
 */
export const POLICY_TEMPLATE = {
  version: 'template-1',
  en: `This is a template. Whoever runs this installation replaces it by a privacy policy of their own.

Who is who. The business that gave you access decides what is done with the messages of its clients. The operator of this installation stores and forwards them on the business's behalf.

What is kept of you. Your name, user name, e-mail address and phone number, as your business or you gave them; when and from what kind of address you signed in; what you did that is of consequence for security.

What for. To let you sign in, to show your colleagues who answered, to reach you about your account, and to show later who looked at what.

Who sees it. Your business's administrators. The operator's staff only while your business allows it; each look is written into the audit log that your business can read.

For how long. While you have an account. When it is deleted, what is kept of you can no longer be read; messages that you wrote keep a number in place of your name. The audit log is kept for 24 months.

Your rights. You may see, correct and have deleted what is kept of you. Ask your business's administrator, or the operator.`,
  he: `זו תבנית. מי שמפעיל את המערכת מחליף אותה במדיניות פרטיות משלו.

מי הוא מי. העסק שנתן לכם גישה מחליט מה נעשה בהודעות של לקוחותיו. מפעיל המערכת שומר ומעביר אותן בשמו.

מה נשמר עליכם. שמכם, שם המשתמש, כתובת הדואר ומספר הטלפון, כפי שהעסק או אתם מסרתם; מתי ומאיזה סוג כתובת נכנסתם; ומה שעשיתם ונוגע לאבטחה.

לשם מה. כדי שתוכלו להיכנס, כדי שחבריכם לעבודה יראו מי ענה, כדי שנוכל לפנות אליכם בעניין החשבון, וכדי שאפשר יהיה לראות בדיעבד מי צפה במה.

מי רואה זאת. מנהלי העסק. עובדי המפעיל רק כל עוד העסק מתיר זאת; כל צפייה נרשמת ביומן שהעסק יכול לקרוא.

לכמה זמן. כל עוד יש לכם חשבון. כשהוא נמחק, אי אפשר עוד לקרוא את מה שנשמר עליכם; בהודעות שכתבתם נשאר מספר במקום שמכם. יומן הביקורת נשמר 24 חודשים.

זכויותיכם. מותר לכם לראות, לתקן ולמחוק את מה שנשמר עליכם. פנו למנהל העסק או למפעיל המערכת.`,
};
