import type { FieldFacts, FieldSample } from './field-facts.ts';
import { conversationFields } from './field-samples-conversation.ts';

const template = {
  message_template_id: 1_689_556_908_129_832,
  message_template_name: 'order_ready',
  message_template_language: 'he',
};

/** Account, numbers, templates, groups and the rest (Cloud API: webhooks, fields); one value of each. */
const ACCOUNT: Record<string, FieldSample> = {
  account_update: () => ({
    event: 'ACCOUNT_RESTRICTION',
    restriction_info: [{ restriction_type: 'RESTRICTED_BIZ_INITIATED_MESSAGING', expiration: 1_800_000_000 }],
  }),
  account_alerts: ({ number }) => ({
    entity_type: 'PHONE_NUMBER',
    entity_id: number.phoneNumberId,
    alert_info: {
      alert_severity: 'WARNING',
      alert_status: 'ACTIVE',
      alert_type: 'OBA_APPROVED',
      alert_description: 'Something to look at.',
    },
  }),
  account_review_update: () => ({ decision: 'APPROVED' }),
  account_settings_update: ({ number, now }) => ({
    timestamp: String(now),
    type: 'phone_number_settings',
    phone_number_settings: { phone_number_id: number.phoneNumberId, calling: { status: 'ENABLED' } },
  }),
  business_capability_update: () => ({
    max_daily_conversations_per_business: 'TIER_2K',
    max_phone_numbers_per_business: 25,
  }),
  business_status_update: () => ({ event: 'BUSINESS_VERIFIED' }),
  phone_number_quality_update: ({ number }) => ({
    display_phone_number: number.displayNumber,
    event: 'THROUGHPUT_UPGRADE',
    max_daily_conversations_per_business: 'TIER_UNLIMITED',
  }),
  phone_number_name_update: ({ number }) => ({
    display_phone_number: number.displayNumber,
    decision: 'APPROVED',
    requested_verified_name: number.name,
  }),
  message_template_status_update: () => ({
    event: 'PAUSED',
    ...template,
    reason: 'NONE',
    message_template_category: 'UTILITY',
    other_info: { title: 'FIRST_PAUSE', description: 'Clients reported it.' },
  }),
  message_template_quality_update: () => ({
    ...template,
    previous_quality_score: 'GREEN',
    new_quality_score: 'YELLOW',
  }),
  message_template_components_update: () => ({
    ...template,
    message_template_element: 'Your order is ready, {{1}}',
    message_template_footer: 'Until Thursday',
  }),
  template_category_update: () => ({
    ...template,
    previous_category: 'UTILITY',
    new_category: 'MARKETING',
  }),
  template_correct_category_detection: () => ({
    ...template,
    category: 'UTILITY',
    correct_category: 'MARKETING',
  }),
  flows: () => ({
    event: 'FLOW_STATUS_CHANGE',
    flow_id: '6627390910605886',
    old_status: 'DRAFT',
    new_status: 'PUBLISHED',
    message: 'Flow 1 changed from DRAFT to PUBLISHED',
  }),
  partner_solutions: () => ({
    event: 'SOLUTION_CREATED',
    solution_id: '774485461512159',
    solution_status: 'INITIATED',
  }),
  payment_configuration_update: ({ now }) => ({
    configuration_name: 'main',
    provider_name: 'razorpay',
    provider_mid: 'acc_1',
    status: 'Needs Testing',
    created_timestamp: now,
    updated_timestamp: now,
  }),
  security: ({ number }) => ({
    display_phone_number: number.displayNumber,
    event: 'PIN_CHANGED',
    requester: '1',
  }),
  business_username_updates: ({ number }) => ({
    display_phone_number: number.displayNumber,
    username: 'heart.cafe',
    status: 'approved',
  }),
  automatic_events: ({ ids, now }) => ({
    automatic_events: [
      { id: ids.hex(8), event_name: 'LeadSubmitted', timestamp: now, ctwa_clid: 'Aff-n8ZT' },
    ],
  }),
  tracking_events: ({ now }) => ({
    events: [{ event_name: 'url_click', timestamp: now, tracking_data: { click_id: '1' } }],
  }),
  group_lifecycle_update: ({ ids, now }) => ({
    groups: [
      {
        timestamp: now,
        group_id: 'Y2FwaV9ncm91cA',
        type: 'group_create',
        request_id: ids.hex(8),
        subject: 'Cake lovers',
      },
    ],
  }),
  group_participants_update: ({ client, now }) => ({
    groups: [
      {
        timestamp: now,
        group_id: 'Y2FwaV9ncm91cA',
        type: 'group_participants_add',
        reason: 'invite_link',
        added_participants: [{ wa_id: client.phone, user_id: client.userId }],
      },
    ],
  }),
  group_settings_update: ({ now }) => ({
    groups: [
      {
        timestamp: now,
        group_id: 'Y2FwaV9ncm91cA',
        type: 'group_settings_update',
        group_subject: { text: 'Cakes', update_successful: true },
      },
    ],
  }),
  group_status_update: ({ now }) => ({
    groups: [{ timestamp: now, group_id: 'Y2FwaV9ncm91cA', type: 'group_suspend' }],
  }),
};

/** Every field besides `messages`, with a value of it. */
const FIELDS: Record<string, FieldSample> = { ...ACCOUNT, ...conversationFields };

export const fieldNames = Object.keys(FIELDS).toSorted();

/** A fresh value of the field. @throws Error for a field that is not known here; give its value yourself */
export function fieldSample(name: string, facts: FieldFacts): Record<string, unknown> {
  const make = FIELDS[name];
  if (make === undefined) throw new Error(`There is no example of the field "${name}"; give its value.`);
  return make(facts);
}
