/** What somebody who is not signed in asks the server; the answer may set the session's cookie. */
import { createApi } from '../api/client.ts';

export interface SignedIn {
  state: 'signed-in' | 'second-factor';
  csrfToken?: string;
  ticket?: string;
  methods?: ('code' | 'recovery-code' | 'passkey')[];
  /** What a browser needs to ask for a passkey. */
  passkey?: Record<string, unknown>;
}

export interface About {
  contactEmail: string;
  policyUrl: string;
  termsUrl: string;
  signUp: boolean;
}

const api = createApi({ key: '', fetch: (...request) => fetch(...request), onUnauthorized: () => undefined });

export function post<Answer>(path: string, body?: unknown): Promise<Answer> {
  return api.request<Answer>(path, { method: 'POST', ...(body === undefined ? {} : { body }) });
}

export const about = (signal: AbortSignal): Promise<About> => api.request<About>('/v1/about', { signal });
