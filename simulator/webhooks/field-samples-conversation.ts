import type { BusinessNumber } from '../settings.ts';
import type { FieldFacts, FieldSample } from './field-facts.ts';

const metadata = ({ displayNumber, phoneNumberId }: BusinessNumber): Record<string, unknown> => ({
  display_phone_number: displayNumber,
  phone_number_id: phoneNumberId,
});

export const base = ({ number }: FieldFacts): Record<string, unknown> => ({
  messaging_product: 'whatsapp',
  metadata: metadata(number),
});

export const names = (
  prefix: 'from' | 'to',
  { phone, userId }: FieldFacts['client'],
): Record<string, unknown> => ({
  ...(phone === undefined ? {} : { [prefix]: phone }),
  ...(userId === undefined ? {} : { [`${prefix}_user_id`]: userId }),
});

export const contacts = ({ client }: FieldFacts): Record<string, unknown> => ({
  contacts: [
    {
      profile: { name: client.name },
      ...(client.phone === undefined ? {} : { wa_id: client.phone }),
      ...(client.userId === undefined ? {} : { user_id: client.userId }),
    },
  ],
});

export const digits = ({ displayNumber }: BusinessNumber): string => displayNumber.replace(/[^0-9]/g, '');

export const wamid = ({ ids, client, number }: FieldFacts, author: 'client' | 'business'): string =>
  ids.wamid(client.phone ?? client.userId ?? digits(number), author);

const DAY_S = 24 * 60 * 60;

function history(facts: FieldFacts): Record<string, unknown> {
  const { number, client, now } = facts;
  const line = (back: number, ours: boolean): Record<string, unknown> => ({
    id: wamid(facts, ours ? 'business' : 'client'),
    timestamp: String(now - back * DAY_S),
    type: 'text',
    text: { body: ours ? `Answer of ${back} days ago` : `שאלה מלפני ${back} ימים` },
    ...(ours ? { from: digits(number), ...names('to', client) } : names('from', client)),
    history_context: { status: ours ? 'READ' : 'DELIVERED' },
  });
  const messages = Array.from({ length: 20 }, (_, index) => line(20 - index, index % 2 === 1));
  const thread = { ...(client.phone === undefined ? {} : { id: client.phone }), messages };
  return {
    ...base(facts),
    history: [{ metadata: { phase: 0, chunk_order: 1, progress: 100 }, threads: [thread] }],
  };
}

const call = (facts: FieldFacts, event: Record<string, unknown>): Record<string, unknown> => ({
  ...base(facts),
  ...contacts(facts),
  calls: [
    {
      id: `wacid.${facts.ids.hex(16)}`,
      ...names('from', facts.client),
      to: digits(facts.number),
      timestamp: String(facts.now),
      direction: 'USER_INITIATED',
      ...event,
    },
  ],
});

/** Fields about people and what was said besides `messages` (Cloud API: webhooks, fields). */
export const conversationFields: Record<string, FieldSample> = {
  calls: (facts) =>
    call(facts, {
      event: 'terminate',
      status: 'COMPLETED',
      start_time: String(facts.now - 60),
      end_time: String(facts.now),
      duration: 60,
    }),
  history,
  smb_message_echoes: (facts) => ({
    ...base(facts),
    ...contacts(facts),
    message_echoes: [
      {
        from: digits(facts.number),
        ...names('to', facts.client),
        id: wamid(facts, 'business'),
        timestamp: String(facts.now),
        type: 'text',
        text: { body: 'Typed on the phone of the business' },
      },
    ],
  }),
  smb_app_state_sync: (facts) => ({
    ...base(facts),
    state_sync: [
      {
        type: 'contact',
        contact: {
          full_name: `${facts.client.name} (saved)`,
          phone_number: facts.client.phone,
          user_id: facts.client.userId,
        },
        action: 'add',
        metadata: { timestamp: String(facts.now) },
      },
    ],
  }),
  standby: (facts) => ({
    ...base(facts),
    standby: {
      ...contacts(facts),
      messages: [
        {
          ...names('from', facts.client),
          id: wamid(facts, 'client'),
          timestamp: String(facts.now),
          type: 'text',
          text: { body: 'Said while an agent of Meta holds the chat' },
        },
      ],
    },
  }),
  messaging_handovers: ({ number, client, now }) => ({
    recipient: metadata(number),
    sender: { phone_number: client.phone, user_id: client.userId },
    timestamp: String(now),
    type: 'control_passed',
    control_passed: {
      previous_owner_role: 'ai_agent',
      new_owner_role: 'customer_service',
      metadata: 'wants a person',
    },
  }),
  user_preferences: (facts) => ({
    ...base(facts),
    ...contacts(facts),
    user_preferences: [
      {
        ...(facts.client.phone === undefined ? {} : { wa_id: facts.client.phone }),
        ...(facts.client.userId === undefined ? {} : { user_id: facts.client.userId }),
        detail: 'User requested to stop marketing messages',
        category: 'marketing_messages',
        value: 'stop',
        timestamp: facts.now,
      },
    ],
  }),
  user_id_update: (facts) => ({
    ...base(facts),
    user_id_update: [
      {
        ...(facts.client.phone === undefined ? {} : { wa_id: facts.client.phone }),
        detail: 'User id changed',
        user_id: { previous: facts.client.userId, current: `${facts.client.userId ?? 'IL.1'}7` },
        timestamp: String(facts.now),
      },
    ],
  }),
};
