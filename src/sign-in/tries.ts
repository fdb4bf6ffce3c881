/** What a try to sign in is counted under, and what is seen when one address tries many people. */
import type { IncomingMessage } from 'node:http';

import { nameKey } from '../accounts/names.ts';
import { audit } from '../audit/audit.ts';
import { INSTALLATION } from '../audit/model.ts';
import type { Context } from '../context.ts';
import { raiseNotice } from '../notices/notices.ts';
import { clientAddress } from '../ops/proxies.ts';
import { networkOf } from '../ops/rate-limits.ts';
import { withTenant } from '../store/scope.ts';
import { knownDevice } from './cookies.ts';
import { countDifferent, type Wait } from './waits.ts';

/** So many people of one address in an hour are no one who forgot a password. */
const MANY_PEOPLE = 10;
const HOUR_MS = 3_600_000;

export interface Try {
  tenantId: string;
  accountNumber: string;
  name: string;
  userId: string | null;
  request: IncomingMessage;
}

/** A known device is counted for itself, and not held up by what others at its address do. */
export async function waitsOf(ctx: Context, tried: Try): Promise<Wait[]> {
  const { tenantId, userId, request } = tried;
  const device = userId === null ? undefined : await knownDevice(ctx, request, { tenantId, userId });
  if (device !== undefined) {
    return [{ kind: 'device', key: `${tenantId}:device:${await digest(ctx, tenantId, 'device', device)}` }];
  }
  return [await addressWait(ctx, request), await nameWait(ctx, tried)];
}

export async function addressWait(ctx: Context, request: IncomingMessage): Promise<Wait> {
  const network = networkOf(clientAddress(ctx, request));
  return {
    kind: 'address',
    key: `${INSTALLATION}:address:${await digest(ctx, INSTALLATION, 'address', network)}`,
  };
}

/** By the person where there is one, so that user name and e-mail are not two chances. */
async function nameWait(ctx: Context, { tenantId, accountNumber, name, userId }: Try): Promise<Wait> {
  const whom = userId ?? `${accountNumber}/${nameKey('username', name.slice(0, 300))}`;
  return { kind: 'name', key: `${tenantId}:name:${await digest(ctx, tenantId, 'name', whom)}` };
}

export async function codeWait(ctx: Context, tenantId: string, userId: string): Promise<Wait> {
  return { kind: 'code', key: `${tenantId}:code:${await digest(ctx, tenantId, 'code', userId)}` };
}

/** What is counted against strangers who try a person's name, to be forgotten when the person proved themselves. */
export async function waitsAround(ctx: Context, tenantId: string, userId: string): Promise<Wait[]> {
  const whom = await digest(ctx, tenantId, 'name', userId);
  return [{ kind: 'name', key: `${tenantId}:name:${whom}` }, await codeWait(ctx, tenantId, userId)];
}

/** Sees one address that fails with many people: an alert for the operator, a notice for each business. */
export async function watchForSpraying(ctx: Context, tried: Try): Promise<void> {
  const { tenantId, accountNumber, name, request } = tried;
  const network = await digest(ctx, INSTALLATION, 'address', networkOf(clientAddress(ctx, request)));
  const whom = await digest(
    ctx,
    INSTALLATION,
    'sprayed',
    accountNumber,
    nameKey('username', name.slice(0, 300)),
  );
  const people = await countDifferent(ctx, `${INSTALLATION}:sprayed:${network}`, whom);
  if (people < MANY_PEOPLE) return;
  if (people === MANY_PEOPLE) {
    const reason = 'one address fails to sign in as many different people';
    ctx.log.warn({ part: 'sign-in', reason, count: people }, 'alert.sign-in-spraying');
    const details = { people, address: network };
    await audit(ctx, {
      tenantId: null,
      actor: 'system',
      action: 'sign-in.spraying',
      outcome: 'refused',
      details,
    });
  }
  if (tenantId === INSTALLATION) return;
  const now = ctx.clock.now();
  const hour = String(Math.floor(now / HOUR_MS));
  await withTenant(tenantId, () =>
    raiseNotice(ctx, {
      tenantId,
      kind: 'security',
      event: 'sign-in-spraying',
      severity: 'warning',
      unique: [network, hour],
      text: 'One address failed to sign in as many different people, some of yours among them. Nobody got in by that; a second factor protects best.',
      at: new Date(now),
    }),
  );
}

function digest(ctx: Context, tenantId: string, ...parts: string[]): Promise<string> {
  return ctx.store.keyring.lookup(tenantId, 'sign-in', ...parts);
}
