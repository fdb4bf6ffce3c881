/**
 * The key of this tab. It is kept in sessionStorage, so that it ends with the tab and is never part of
 * an address. Everything the console keeps of a session has a name that begins with `whatsper.`.
 */
const PREFIX = 'whatsper.';
const KEY_NAME = `${PREFIX}key`;

/** Account number of the person who signed in on this browser last; remembered after sign-out too. */
const ACCOUNT_NAME = `${PREFIX}account`;
/** There is a session cookie, which no script can see. */
const PERSON_NAME = `${PREFIX}person`;

export function storedAccount(): string {
  return localStorage.getItem(ACCOUNT_NAME) ?? '';
}

/** The address of a business, `/t/<account number>`, was opened: this browser is for that one. */
export function keepAccount(accountNumber: string): void {
  localStorage.setItem(ACCOUNT_NAME, accountNumber);
}

export function keepPerson(accountNumber: string): void {
  keepAccount(accountNumber);
  localStorage.setItem(PERSON_NAME, 'yes');
}

export function forgetPerson(): void {
  localStorage.removeItem(PERSON_NAME);
}

/** Empty: whoever the session cookie names. */
export function storedKey(): string | null {
  const key = sessionStorage.getItem(KEY_NAME);
  return key ?? (localStorage.getItem(PERSON_NAME) === null ? null : '');
}

export function keepKey(key: string): void {
  sessionStorage.setItem(KEY_NAME, key);
}

/** After the server has refused the key: drafts and unsent messages stay for the next sign-in. */
export function forgetKey(): void {
  sessionStorage.removeItem(KEY_NAME);
}

/** The agent signs out: nothing of the session stays in the tab. */
export function forgetSession(): void {
  const names = Array.from({ length: sessionStorage.length }, (_, index) => sessionStorage.key(index) ?? '');
  for (const name of names.filter((candidate) => candidate.startsWith(PREFIX))) {
    sessionStorage.removeItem(name);
  }
}

/** The name under which a tenant's drafts or unsent messages are kept. */
export function storageName(kind: 'drafts' | 'outbox', tenantId: string): string {
  return `${PREFIX}${kind}.${tenantId}`;
}
