/** Result of asking a callback address whether it is ours. */
export interface HandshakeResult {
  ok: boolean;
  /** HTTP status, null when there was no answer. */
  status: number | null;
  /** What to correct, empty when ok. */
  problem: string;
}

/**
 * The GET that Meta sends when a callback address is set: the answer must be 200 with the challenge as its whole body
 * (Cloud API: create a webhook endpoint). There is no signature.
 */
export async function shakeHands(
  callbackUrl: string,
  verifyToken: string,
  challenge: string,
  signal: AbortSignal,
): Promise<HandshakeResult> {
  const url = new URL(callbackUrl);
  url.searchParams.set('hub.mode', 'subscribe');
  url.searchParams.set('hub.challenge', challenge);
  url.searchParams.set('hub.verify_token', verifyToken);
  try {
    const answer = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(20_000)]),
    });
    const body = await answer.text();
    const ok = answer.status === 200 && body === challenge;
    const problem =
      answer.status === 200 ? 'the body is not the challenge' : `the address answered ${answer.status}`;
    return { ok, status: answer.status, problem: ok ? '' : problem };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, status: null, problem: `no answer (${reason}); is the gateway running?` };
  }
}
