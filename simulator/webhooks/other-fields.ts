import type { Simulation } from '../simulation.ts';
import type { DeliveryRecord } from './deliveries.ts';
import { encodeWebhook } from './json.ts';

/** A webhook on its way; `posted` fulfils once it is answered 200 or given up. */
export interface Posted {
  record: DeliveryRecord;
  posted: Promise<DeliveryRecord>;
}

/** Posts one change of any field of an account, as Meta does: `entry.time` is there, unlike with `messages`. */
export function postField(
  { deliveries, subscriptions, numbers, clock }: Simulation,
  wabaId: string,
  field: string,
  value: Record<string, unknown>,
): Posted {
  const number = [...numbers.values()].find((one) => one.wabaId === wabaId);
  const entry = { id: wabaId, time: Math.floor(clock().getTime() / 1_000), changes: [{ field, value }] };
  const body = encodeWebhook({ object: 'whatsapp_business_account', entry: [entry] });
  return deliveries.post(body, {
    lanes: [`account ${wabaId}`],
    url: number === undefined ? null : subscriptions.callbackOf(number),
  });
}
