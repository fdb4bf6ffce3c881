/** Our own webhook address as Meta reaches it, and what a look at it from outside finds. */
import { createHmac } from 'node:crypto';

import type { Context } from '../context.ts';
import { hostOf, isLoopbackHost } from '../endpoints/address.ts';
import { DEFAULT_APP, readApps, settingsApp } from '../tenants/apps.ts';

const ANSWER_MS = 10_000;
/** Cloud API: webhooks, override: addresses of at most 200 characters. */
const LONGEST_OVERRIDE = 200;

export interface OwnCallback {
  /** Undefined: this installation does not know under which address Meta reaches it. */
  url: string | undefined;
  /** Why there is no address. */
  missing?: 'no-base-url' | 'not-public' | 'too-long';
  /** Path that any address of ours ends with. */
  path: string;
  verifyToken: string | undefined;
  secret: string | undefined;
}

/** The address for a tenant's webhooks of an app; `callbackUrl` is one that an operator gave. */
export async function ownCallback(
  ctx: Context,
  { app, tenantId, callbackUrl }: { app: string; tenantId: string; callbackUrl?: string | undefined },
): Promise<OwnCallback> {
  const path = app === DEFAULT_APP ? '/webhooks/whatsapp' : `/webhooks/whatsapp/${app}`;
  const found = (await readApps(ctx)).find(({ row }) => row._id === app)?.credentials;
  const settings = app === DEFAULT_APP ? settingsApp(ctx.settings) : { secrets: [], verifyTokens: [] };
  const tokens = found?.verifyTokens ?? [];
  const ofTenant =
    tokens.find((one) => one.tenantId === tenantId) ?? tokens.find((one) => one.tenantId === null);
  return {
    ...address(ctx, path, callbackUrl),
    path,
    verifyToken: ofTenant?.token ?? settings.verifyTokens[0],
    secret: settings.secrets[0] ?? found?.secrets[0]?.secret,
  };
}

function address(
  { settings }: Context,
  path: string,
  callbackUrl: string | undefined,
): Pick<OwnCallback, 'url' | 'missing'> {
  const { BASE_URL } = settings;
  const url =
    callbackUrl ?? (BASE_URL === undefined ? undefined : `${BASE_URL.replace(/(?<!\/)\/+$/, '')}${path}`);
  if (url === undefined) return { url: undefined, missing: 'no-base-url' };
  // A simulator on this machine reaches what Meta does not.
  const isMeta = !isLoopbackHost(hostOf(new URL(settings.GRAPH_API_URL)));
  const { protocol } = new URL(url);
  if (isMeta && (protocol !== 'https:' || isLoopbackHost(hostOf(new URL(url))))) {
    return { url: undefined, missing: 'not-public' };
  }
  return url.length > LONGEST_OVERRIDE ? { url: undefined, missing: 'too-long' } : { url };
}

export type Seen = { kind: 'answer'; status: number; body: string } | { kind: 'none'; cause: string };

/** The handshake as Meta makes it (Cloud API: webhooks, verification). @returns true when the challenge comes back */
export async function shakeHands(
  ctx: Context,
  { url, verifyToken }: { url: string; verifyToken: string },
): Promise<Seen & { fits: boolean }> {
  const challenge = ctx.random.bytes(8).toString('hex');
  const asked = new URL(url);
  asked.searchParams.set('hub.mode', 'subscribe');
  asked.searchParams.set('hub.challenge', challenge);
  asked.searchParams.set('hub.verify_token', verifyToken);
  const seen = await look(asked, {});
  return { ...seen, fits: seen.kind === 'answer' && seen.status === 200 && seen.body === challenge };
}

/** Posts a notification without any item, signed with the secret, as Meta signs. */
export async function postSigned({ url, secret }: { url: string; secret: string }): Promise<Seen> {
  const body = JSON.stringify({ object: 'whatsapp_business_account', entry: [] });
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  return look(new URL(url), {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json', 'X-Hub-Signature-256': `sha256=${signature}` },
  });
}

async function look(url: URL, init: RequestInit): Promise<Seen> {
  try {
    const answer = await fetch(url, {
      ...init,
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return { kind: 'answer', status: answer.status, body: (await answer.text()).slice(0, 200) };
  } catch (error) {
    const { cause, name } = error as { cause?: { code?: unknown }; name?: unknown };
    return { kind: 'none', cause: typeof cause?.code === 'string' ? cause.code : String(name) };
  }
}
