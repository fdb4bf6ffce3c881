/**
 * People of a business come in as anybody does: by the link that was mailed to them, with a password that they set, and
 * a session in a cookie. Mail is in the outbox of the trial.
 */
import { randomBytes } from 'node:crypto';

import { OWNER, type Profile, TENANT } from './demo-data.ts';
import { AnswerError, Api, until } from './rest.ts';

/** What a browser is told with a session, beside the body. */
const SESSION = /^(__Host-whatsper-session=[^;]+)/;

export const newPassword = (): string => randomBytes(15).toString('base64url');

/** The newest link that was mailed to this address. */
export function mailedLink(gatewayUrl: string, address: string): Promise<string> {
  return until(`the mail to ${address} in the outbox`, async () => {
    const page = await (await fetch(`${gatewayUrl}/outbox`)).text();
    const mail = page.split('<article').find((article) => article.includes(`<small>${address} `));
    return /href="([^"]+)"/.exec(mail ?? '')?.[1];
  });
}

/** Accepts an invitation: sets the password, accepts the policy. @returns the account's number */
export async function join(gatewayUrl: string, link: string, password: string): Promise<string> {
  const nobody = new Api(gatewayUrl, {});
  const { version } = await nobody.get<{ version: string }>('/v1/policy');
  const token = link.split('/').at(-1);
  const body = { token, password, policyVersion: version };
  return (await nobody.post<{ accountNumber: string }>('/v1/invitations/accept', body)).accountNumber;
}

/** @throws Error when the sign-in is refused, or asks for more than a password */
export async function signIn(
  gatewayUrl: string,
  credentials: { accountNumber: string; name: string; password: string },
): Promise<Api> {
  const path = '/v1/sign-in';
  const answer = await fetch(`${gatewayUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: gatewayUrl },
    body: JSON.stringify(credentials),
  });
  const body = (await answer.json()) as { state?: string; csrfToken?: string };
  const cookie = answer.headers.getSetCookie().flatMap((line) => SESSION.exec(line)?.[1] ?? [])[0];
  if (body.state !== 'signed-in' || cookie === undefined) throw new AnswerError(answer.status, path, body);
  return new Api(gatewayUrl, { cookie, 'x-csrf-token': body.csrfToken ?? '', origin: gatewayUrl });
}

/** The owner of a business that the operator made joins by the mailed link, and says who they are. */
export async function ownerJoins(gatewayUrl: string, password: string): Promise<Api> {
  const accountNumber = await join(gatewayUrl, await mailedLink(gatewayUrl, TENANT.email), password);
  const owner = await signIn(gatewayUrl, { accountNumber, name: TENANT.email, password });
  await completeAccount(owner);
  return owner;
}

/** Unless it is complete. */
export async function completeAccount(owner: Api): Promise<void> {
  const { pending } = await owner.get<{ pending: string[] }>('/v1/me');
  if (!pending.includes('complete-account')) return;
  const { firstName, lastName, username, phone } = OWNER;
  const name = `${firstName} ${lastName}`;
  await owner.post('/v1/account/complete', {
    ...{ firstName, lastName, username, phone },
    account: {
      company: { isCompany: false },
      contactPerson: { name, email: TENANT.email, phone },
      privacyContact: { name, email: TENANT.email },
      privacyPolicyUrl: 'https://demo.example/privacy',
      eea: { established: false, servesThere: false, otherwiseSubject: false },
    },
  });
}

/** The owner invites a person; the link is mailed. */
export async function invite(owner: Api, person: Profile & { email: string }, role: string): Promise<void> {
  await owner.post('/v1/users', { ...person, role });
}
