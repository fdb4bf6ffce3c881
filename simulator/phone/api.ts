import type { ThreadView } from '../control/views.ts';
import type { Person } from '../people/people.ts';
import type { PersonChange, PersonInput } from '../settings.ts';

export interface Business {
  phoneNumberId: string;
  displayNumber: string;
  name: string;
}

/** Calls the control API next to this page. @throws Error with the API's own words */
export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(`control${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const json = (await answer.json()) as T & { error?: { message: string } };
  if (!answer.ok) throw new Error(json.error?.message ?? `The simulator answered ${answer.status}.`);
  return json;
}

const items = async <T>(path: string): Promise<T[]> => (await call<{ items: T[] }>('GET', path)).items;

export const getBusinesses = (): Promise<Business[]> => items('/numbers');
export const getPeople = (): Promise<Person[]> => items('/people');

/** The samples in their groups. */
export const getSampleGroups = async (): Promise<{ title: string; names: string[] }[]> =>
  (await call<{ groups: { title: string; names: string[] }[] }>('GET', '/samples')).groups;

export const getChat = (personId: string, phoneNumberId: string): Promise<ThreadView> =>
  call('GET', `/people/${personId}/messages?phoneNumberId=${encodeURIComponent(phoneNumberId)}`);

export const createPerson = (input: PersonInput): Promise<Person> => call('POST', '/people', input);

export const changePerson = (personId: string, change: PersonChange): Promise<Person> =>
  call('PATCH', `/people/${personId}`, change);

/** A text, a message of any type, or the name of a sample. */
export type Outgoing = { message: string | { type: string; [key: string]: unknown } } | { sample: string };

/** @param way how it is posted: `times`, `copies`, `late`, `bytes` */
export const sendMessage = (
  personId: string,
  phoneNumberId: string,
  outgoing: Outgoing,
  way: object = {},
): Promise<unknown> => call('POST', `/people/${personId}/messages`, { phoneNumberId, ...outgoing, ...way });

/** The person listens to a voice message: its status becomes `played`. */
export const playMessage = (wamid: string): Promise<unknown> =>
  call('POST', '/statuses', { wamid, status: 'played' });

export const readChat = (personId: string, phoneNumberId: string): Promise<unknown> =>
  call('POST', `/people/${personId}/read`, { phoneNumberId });
