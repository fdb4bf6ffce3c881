import type { BusinessNumber } from '../settings.ts';
import { GraphError } from './errors.ts';
import { stateOf } from './number-state.ts';
import type { Subscriptions } from './subscriptions.ts';

const DEFAULT_FIELDS = [
  'verified_name',
  'code_verification_status',
  'display_phone_number',
  'quality_rating',
  'platform_type',
  'throughput',
];

/** Every field of a number that this simulator knows. */
function allFields(number: BusinessNumber, subscriptions: Subscriptions): Record<string, unknown> {
  const state = stateOf(number);
  return {
    verified_name: number.name,
    code_verification_status: state.verified ? 'VERIFIED' : 'NOT_VERIFIED',
    display_phone_number: number.displayNumber,
    quality_rating: state.quality,
    platform_type: state.registered ? 'CLOUD_API' : 'NOT_APPLICABLE',
    throughput: { level: state.throughput },
    name_status: state.nameStatus,
    status: state.registered ? 'CONNECTED' : 'PENDING',
    account_mode: state.accountMode,
    is_on_biz_app: state.onBusinessApp,
    whatsapp_business_manager_messaging_limit: state.messagingLimit,
    webhook_configuration: subscriptions.addressesOf(number),
    id: number.phoneNumberId,
  };
}

/**
 * Answer of `GET /{phone-number-id}`; the id is always there.
 * @param fields comma-separated names, undefined for the default ones
 * @throws GraphError 100 for a field that does not exist
 */
export function describeNumber(
  number: BusinessNumber,
  fields: string | undefined,
  subscriptions: Subscriptions,
): Record<string, unknown> {
  const all = allFields(number, subscriptions);
  const names =
    fields === undefined || fields === '' ? DEFAULT_FIELDS : fields.split(',').map((name) => name.trim());
  const chosen = [...names, 'id'].map((name) => {
    if (name in all) return [name, all[name]] as const;
    const details = `Tried accessing nonexisting field (${name}) on node type (WhatsAppBusinessPhoneNumber)`;
    throw new GraphError(100, { details });
  });
  return Object.fromEntries(chosen);
}
