import type { Sample } from './facts.ts';

const unsupported = (code: number, title: string, type?: string): ReturnType<Sample> => ({
  type: 'unsupported',
  errors: [{ code, title, message: title, error_data: { details: `${title}.` } }],
  ...(type === undefined ? {} : { unsupported: { type } }),
});

/** What is no plain message of one person (Cloud API: webhooks, system, unsupported, errors; groups). */
export const specialSamples = {
  group_text: () => ({
    type: 'text',
    group_id: 'Y2FwaV9ncm91cDoxNzA1NTU1MDEzOToxMjAzNjM0MDQ2OTQyMzM4MjAZD',
    text: { body: 'Hello to the whole group' },
  }),
  system: ({ userId }) => ({
    type: 'system',
    system: {
      body: 'User changed the user id',
      type: 'user_changed_user_id',
      user_id: `${userId}9`,
      previous_user_id: userId,
    },
  }),
  identity_changed: ({ phone }) => ({
    type: 'system',
    identity: { acknowledged: true, created_timestamp: '1763800000', hash: 'Y2FtZWw=' },
    system: {
      body: 'The security code of this client changed',
      type: 'customer_identity_changed',
      identity: 'Y2FtZWw=',
      ...(phone === undefined ? {} : { customer: phone, wa_id: phone }),
    },
  }),
  unsupported: () => unsupported(131051, 'Message type unknown', 'poll_creation'),
  unsupported_edit: () => unsupported(131051, 'Message type unknown', 'edit'),
  unsupported_in_group: () => unsupported(130501, 'Message type is not supported in groups', 'pin'),
  unavailable: () => unsupported(131060, 'This message is currently unavailable'),
  too_large: () => unsupported(131052, 'Media download error', 'video'),
  old_unknown: () => ({
    type: 'unknown',
    errors: [{ code: 131051, title: 'Message type unknown', details: 'Message type is not supported.' }],
  }),
  without_payload: () => ({
    type: 'interactive',
    errors_of_value: [{ code: 131000, title: 'Something went wrong', message: 'Something went wrong' }],
  }),
  unknown: () => ({ type: 'hologram', hologram: { id: 'h-1', depth: 3 } }),
} as const satisfies Record<string, Sample>;
