/** Texts about who answers a conversation, in both languages. */
export const assignmentEn = {
  menu: 'Who answers: {{who}}',
  you: 'You',
  take: 'Take it',
  giveBack: 'Give it back to all',
  letWait: 'Let it wait for a person',
  resolve: 'Resolve',
  reopen: 'Reopen',
  assignTo: 'Give to',
  heldByAnother: 'A colleague answers this client. A supervisor can give it to you.',
  loading: 'Looking who is there…',
  nobodyElse: 'Nobody else has joined yet.',
  people: 'The people could not be loaded.',
  failed: 'Not changed: {{reason}}',
};

export const assignmentHe: typeof assignmentEn = {
  menu: 'מי עונה: {{who}}',
  you: 'אתם',
  take: 'לקחת את השיחה',
  giveBack: 'להחזיר לכולם',
  letWait: 'להעביר להמתנה לאדם',
  resolve: 'לסגור את השיחה',
  reopen: 'לפתוח מחדש',
  assignTo: 'להעביר אל',
  heldByAnother: 'השיחה אצל עמית. אחראי יכול להעביר אותה אליכם.',
  loading: 'בודקים מי נמצא…',
  nobodyElse: 'אף אחד אחר עוד לא הצטרף.',
  people: 'לא ניתן לטעון את רשימת האנשים.',
  failed: 'לא שונה: {{reason}}',
};
