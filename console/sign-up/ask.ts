import { ApiProblem, Unreachable } from '../api/client.ts';

/** A request of somebody who is not signed in. Throws `ApiProblem` or `Unreachable`. */
export async function askOpenly<Answer>(path: string, body?: unknown): Promise<Answer> {
  const init =
    body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(path, { ...init, credentials: 'omit', signal: AbortSignal.timeout(20_000) });
    answer = await response.json();
  } catch (error) {
    throw new Unreachable(error);
  }
  if (response.ok) return answer as Answer;
  const problem = { type: '', title: response.statusText, detail: '', ...(answer as object) };
  throw new ApiProblem(response.status, problem, null);
}
