/**
 * Of whom a parked item speaks, as digests: an operator who is given a number or a user id finds that person's items,
 * and nobody reads a number out of the rows. Under the owner's look-up key the digest is that of its identities.
 */
import type { Context } from '../context.ts';
import { Reject } from '../ops/errors.ts';
import { personOfChange } from '../whatsapp/payload/fields.ts';
import { isJson } from '../whatsapp/payload/json.ts';
import { recipientOf, type Sender, senderOf, subjectOf } from '../whatsapp/payload/people.ts';
import type { LaneItem } from './item.ts';

type Keys = Pick<Context, 'master' | 'store'>;

/** Digests of an item's sender or recipient; none when it names nobody. */
export async function peopleOf(ctx: Keys, item: LaneItem, tenantId: string | undefined): Promise<string[]> {
  const { message, status } = item.body;
  if (isJson(message)) return personKeys(ctx, subjectOf(message), tenantId);
  if (isJson(status)) return personKeys(ctx, recipientOf(status), tenantId);
  if (item.kind === 'other') return personKeys(ctx, personOfChange(item.body.value), tenantId);
  return [];
}

/**
 * Digests of a person given as phone number (with country code) or business-scoped user id: those under the tenant's
 * key, where one is given, else those under the installation's, by which items of no tenant are found.
 * @throws Reject (422) that does not quote what was given
 */
export async function keysOfPerson(ctx: Keys, given: string, tenantId?: string): Promise<string[]> {
  const written = given.trim();
  const person = senderOf({ from: /^\+?[\d\s().-]+$/.test(written) ? written.replace(/\D/g, '') : written });
  const keys = await personKeys(ctx, person, tenantId);
  if (keys.length > 0) return keys;
  const detail = 'The person must be a phone number with its country code, or a business-scoped user id.';
  throw new Reject(422, 'invalid-request', detail);
}

async function personKeys(ctx: Keys, { bsuid, parent, phone }: Sender, tenantId?: string): Promise<string[]> {
  const identities = [
    ['bsuid', bsuid],
    ['bsuid', parent],
    ['phone', phone],
  ].filter((pair): pair is [string, string] => pair[1] !== undefined);
  const keys = await Promise.all(
    identities.map(async ([kind, value]) =>
      tenantId === undefined
        ? ctx.master.digests('person', kind, value).map((digest) => digest.toString('base64url').slice(0, 22))
        : [await ctx.store.keyring.lookup(tenantId, 'identity', kind, value)],
    ),
  );
  return keys.flat();
}
