import type { BusinessNumber } from '../settings.ts';
import { GraphError } from './errors.ts';

const DEFAULT_FIELDS = [
  'verified_name',
  'code_verification_status',
  'display_phone_number',
  'quality_rating',
  'platform_type',
  'throughput',
];

/** Every field of a number that this simulator knows. */
function allFields(number: BusinessNumber, callbackUrl: string): Record<string, unknown> {
  return {
    verified_name: number.name,
    code_verification_status: 'VERIFIED',
    display_phone_number: number.displayNumber,
    quality_rating: 'GREEN',
    platform_type: 'CLOUD_API',
    throughput: { level: 'STANDARD' },
    name_status: 'APPROVED',
    status: 'CONNECTED',
    account_mode: 'LIVE',
    webhook_configuration: { application: callbackUrl },
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
  callbackUrl: string,
): Record<string, unknown> {
  const all = allFields(number, callbackUrl);
  const names =
    fields === undefined || fields === '' ? DEFAULT_FIELDS : fields.split(',').map((name) => name.trim());
  const chosen = [...names, 'id'].map((name) => {
    if (name in all) return [name, all[name]] as const;
    const details = `Tried accessing nonexisting field (${name}) on node type (WhatsAppBusinessPhoneNumber)`;
    throw new GraphError(100, { details });
  });
  return Object.fromEntries(chosen);
}
