/** Changed numbers and ids: whatever comes at once or is cut off, each id ends with one contact. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import {
  aliasesOf,
  findContact,
  findOrCreateContact,
  openContactField,
} from '../../src/conversations/contacts.ts';
import { holdersOf, type KnownAs } from '../../src/conversations/identities.ts';
import { applyIdentityChange } from '../../src/conversations/identity-change.ts';
import { Contacts, Identities, type IdentityRow } from '../../src/conversations/model.ts';
import { withTenant } from '../../src/store/scope.ts';
import { createTenant } from '../../src/tenants/tenants.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { failing } from './failing.ts';

let ctx: TestContext;
let tenantId: string;
let people = 0;

beforeAll(async () => {
  ctx = await testContext();
  tenantId = (await createTenant(ctx, { name: 'Aleph', email: 'owner@aleph.example' })).tenantId;
});
afterAll(() => ctx.close());

const mine = <T>(work: () => Promise<T>) => withTenant(tenantId, work);
const writes = (known: KnownAs) =>
  mine(async () => findOrCreateContact(ctx, tenantId, known, {}, await holdersOf(ctx, tenantId, known)));
const holders = (known: KnownAs) => mine(() => holdersOf(ctx, tenantId, known));
const identitiesOf = (contactId: string) =>
  mine(() => ctx.store.model(Identities).find({ contactId }).lean<IdentityRow[]>().exec());

/** Ids of a new person, before and after a change. */
function person() {
  people += 1;
  const phone = (form: number) => `97250${String(people * 10 + form).padStart(7, '0')}`;
  const before = { bsuid: `IL.${people}a`, phone: phone(1) };
  const after = { bsuid: `IL.${people}b`, parent: `IL.ENT.${people}`, phone: phone(2) };
  return { before, after, change: { previous: before, next: after } };
}

describe('a change of number and ids', () => {
  it('12: at once with messages under both, again and again, leaves each id with one contact', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { before, after, change } = person();
      const { _id } = await writes(before);
      await Promise.all([
        mine(() => applyIdentityChange(ctx, tenantId, change)),
        writes({ bsuid: before.bsuid }),
        mine(() => applyIdentityChange(ctx, tenantId, change)),
        writes(before),
        mine(() => applyIdentityChange(ctx, tenantId, change)),
      ]);
      expect(await holders({ bsuid: before.bsuid })).toEqual({ bsuid: _id });
      expect(await holders({ bsuid: after.bsuid, parent: after.parent })).toEqual({
        bsuid: _id,
        parent: _id,
      });
      expect((await identitiesOf(_id)).filter(({ kind }) => kind === 'bsuid')).toHaveLength(3);
    }
  });

  it('12: at once with the first message under the new id makes no third contact and moves nothing', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { before, after, change } = person();
      const { _id } = await writes(before);
      const [, newcomer] = await Promise.all([
        mine(() => applyIdentityChange(ctx, tenantId, change)),
        writes({ bsuid: after.bsuid }),
      ]);
      const owner = (await holders({ bsuid: after.bsuid })).bsuid;
      expect([_id, newcomer._id]).toContain(owner);
      expect(await holders({ bsuid: before.bsuid })).toEqual({ bsuid: _id });
      // Whoever won: the next message finds the same.
      expect((await writes({ bsuid: after.bsuid }))._id).toBe(owner);
    }
  });

  it('13: cut off at any write is finished by the redo', async () => {
    for (let failAt = 1; failAt <= 8; failAt += 1) {
      const { before, after, change } = person();
      const { _id } = await writes(before);
      await mine(() => applyIdentityChange(failing(ctx, failAt), tenantId, change)).catch(
        (error: unknown) => {
          expect(String(error)).toContain('cut off');
        },
      );
      expect(await mine(() => applyIdentityChange(ctx, tenantId, change))).toBe(_id);
      expect(await holders(after)).toEqual({ bsuid: _id, parent: _id, phone: _id });
      expect(await holders({ phone: before.phone })).toEqual({});
      const row = await mine(() => findContact(ctx, tenantId, _id));
      if (!row) throw new Error('The contact is gone.');
      expect(await mine(() => openContactField(ctx, row, 'phone'))).toBe(after.phone);
      expect(await mine(() => openContactField(ctx, row, 'bsuid'))).toBe(after.bsuid);
      expect((await mine(() => aliasesOf(ctx, row))).sort()).toEqual([before.bsuid, after.parent].sort());
    }
  });
});

describe('a number that came with another BSUID', () => {
  it('goes to the new person at once with many messages, and never back', async () => {
    const { before, after } = person();
    const former = await writes(before);
    const now = { phone: before.phone, bsuid: after.bsuid };
    const found = await Promise.all([now, now, now, now].map(writes));
    const [owner = ''] = new Set(found.map(({ _id }) => _id));
    expect(new Set(found.map(({ _id }) => _id)).size).toBe(1);
    await Promise.all([writes(before), writes(before)]);
    expect(await holders({ phone: before.phone })).toEqual({ phone: owner, former: [former._id] });
    const row = await mine(() => findContact(ctx, tenantId, former._id));
    expect(row?.phone).toBeUndefined();
    expect(found[0]?.recycledFrom).toBe(former._id);
    expect(
      await mine(() => ctx.store.model(Contacts).countDocuments({ recycledFrom: former._id }).exec()),
    ).toBe(1);
  });
});
