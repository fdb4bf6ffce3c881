/**
 * A template for the terms under which a business opens an account: whoever runs an installation replaces it by their own
 * (TERMS_FILE). It is what a sign-up accepts while no other terms are set.
 */
export const TERMS_TEMPLATE = {
  version: 'template-1',
  en: `This is a template. Whoever runs this installation replaces it by terms of their own.

Who is who. The business that opens the account decides what is done with the messages of its clients, and is answerable for it. The operator of this installation receives, stores and forwards them on the business's behalf.

What the business does. It keeps to the terms of WhatsApp and to the law; writes to clients only where they agreed or wrote first; names somebody whom clients can ask about their data, and its own privacy policy; and keeps its access to itself.

What the operator does. It keeps each business's data apart from every other's, encrypted, and looks at it only with the business's permission or in an emergency that it reports.

How long. The account lasts until one side ends it. Without terms in force its numbers receive, but send nothing.

Who signs. Whoever opens the account says that they may do so for the business. Their name, the time and the version of these terms are kept.`,
  he: `זו תבנית. מי שמפעיל את המערכת מחליף אותה בתנאים משלו.

מי הוא מי. העסק שפותח את החשבון מחליט מה נעשה בהודעות של לקוחותיו, והוא האחראי לכך. מפעיל המערכת מקבל, שומר ומעביר אותן בשם העסק.

מה על העסק לעשות. לקיים את תנאי WhatsApp ואת הדין; לכתוב ללקוחות רק אם הסכימו או כתבו קודם; לנקוב במי שאפשר לפנות אליו בענייני מידע ובמדיניות הפרטיות שלו; ולשמור את הגישה לעצמו.

מה על המפעיל לעשות. להפריד את המידע של כל עסק מזה של כל האחרים, לשמור אותו מוצפן, ולצפות בו רק ברשות העסק או בחירום שעליו הוא מדווח.

לכמה זמן. החשבון קיים עד שאחד הצדדים מסיים אותו. בלי תנאים בתוקף המספרים מקבלים הודעות אך אינם שולחים.

מי חותם. מי שפותח את החשבון מצהיר שהוא רשאי לעשות זאת בשם העסק. שמו, המועד וגרסת התנאים נשמרים.`,
};
