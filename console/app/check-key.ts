import { createApi } from '../api/client.ts';
import type { Me } from '../api/types.ts';

/** Whose key this is. Throws `ApiProblem` (401: not accepted) or `Unreachable`. */
export function checkKey(key: string, signal?: AbortSignal): Promise<Me> {
  const api = createApi({ key, fetch: (...request) => fetch(...request), onUnauthorized: () => undefined });
  return api.request<Me>('/v1/me', signal === undefined ? {} : { signal });
}
