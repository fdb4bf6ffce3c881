import type { FieldFacts } from './field-facts.ts';
import { base, contacts, digits, names, wamid } from './field-samples-conversation.ts';

/** One webhook of a scene. */
export interface SceneStep {
  field: string;
  value: Record<string, unknown>;
}

type Scene = (facts: FieldFacts) => SceneStep[];

const DAY_S = 24 * 60 * 60;

/** One call from its first ring to its end. */
function call(facts: FieldFacts, end: Record<string, unknown>, ours = false): SceneStep[] {
  const { ids, number, client, now } = facts;
  const who = ours
    ? { from: digits(number), ...names('to', client), direction: 'BUSINESS_INITIATED' }
    : { ...names('from', client), to: digits(number), direction: 'USER_INITIATED' };
  const one = { id: `wacid.${ids.hex(16)}`, ...who };
  const event = (said: Record<string, unknown>): SceneStep => ({
    field: 'calls',
    value: { ...base(facts), ...contacts(facts), calls: [{ ...one, ...said }] },
  });
  return [
    event({
      event: 'connect',
      timestamp: String(now - 90),
      session: { sdp_type: 'offer', sdp: 'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n' },
    }),
    event({ event: 'terminate', timestamp: String(now), ...end }),
  ];
}

function echo(facts: FieldFacts, message: Record<string, unknown>): SceneStep {
  const { number, client, now } = facts;
  const about = { from: digits(number), ...names('to', client), timestamp: String(now), ...message };
  return {
    field: 'smb_message_echoes',
    value: { ...base(facts), ...contacts(facts), message_echoes: [about] },
  };
}

/** Three chunks, the last first; a picture of which the file comes afterwards. */
function history(facts: FieldFacts): SceneStep[] {
  const { number, client, now } = facts;
  const picture = wamid(facts, 'client');
  const chunk = (phase: number, progress: number, messages: Record<string, unknown>[]): SceneStep => ({
    field: 'history',
    value: {
      ...base(facts),
      history: [
        {
          metadata: { phase, chunk_order: phase + 1, progress },
          threads: [{ ...(client.phone === undefined ? {} : { id: client.phone }), context, messages }],
        },
      ],
    },
  });
  const context = {
    ...(client.phone === undefined ? {} : { wa_id: client.phone }),
    ...(client.userId === undefined ? {} : { user_id: client.userId }),
  };
  const line = (daysAgo: number, ours: boolean, said: Record<string, unknown>): Record<string, unknown> => ({
    id: wamid(facts, ours ? 'business' : 'client'),
    timestamp: String(now - daysAgo * DAY_S),
    ...(ours ? { from: digits(number), ...names('to', client) } : names('from', client)),
    history_context: { status: ours ? 'READ' : 'DELIVERED' },
    ...said,
  });
  const text = (body: string) => ({ type: 'text', text: { body } });
  const image = {
    type: 'image',
    image: { id: '1000000000000000', mime_type: 'image/jpeg', caption: 'העוגה' },
  };
  return [
    chunk(2, 100, [line(150, false, text('The oldest of all')), line(149, true, text('Long ago'))]),
    chunk(0, 30, [
      line(1, false, text('אתמול')),
      { ...line(1, false, { type: 'media_placeholder' }), id: picture },
    ]),
    chunk(1, 70, [line(40, false, text('40 days ago')), line(39, true, text('An answer'))]),
    {
      field: 'history',
      value: {
        ...base(facts),
        ...contacts(facts),
        messages: [{ ...line(1, false, image), id: picture }],
      },
    },
  ];
}

function handover(facts: FieldFacts, type: 'control_passed' | 'control_taken', toAgent: boolean): SceneStep {
  const { number, client, now } = facts;
  const roles = ['ai_agent', 'customer_service'];
  const [from, to] = toAgent ? roles.toReversed() : roles;
  return {
    field: 'messaging_handovers',
    value: {
      recipient: { display_phone_number: number.displayNumber, phone_number_id: number.phoneNumberId },
      sender: { phone_number: client.phone, user_id: client.userId },
      timestamp: String(now),
      type,
      [type]: { previous_owner_role: from, new_owner_role: to, metadata: 'wants a person' },
    },
  };
}

function standby(facts: FieldFacts): SceneStep[] {
  const { client, now } = facts;
  const about = { field: 'standby' };
  const mine = { ...names('from', client), id: wamid(facts, 'client'), timestamp: String(now) };
  const body = { messaging_product: 'whatsapp', type: 'text', text: { body: 'I am Meta’s agent' } };
  const to = client.phone === undefined ? { recipient: client.userId } : { to: client.phone };
  const answer = { id: wamid(facts, 'business'), timestamp: String(now + 1), message: { ...body, ...to } };
  return [
    {
      ...about,
      value: {
        ...base(facts),
        standby: {
          ...contacts(facts),
          messages: [{ ...mine, type: 'text', text: { body: 'To the agent' } }],
        },
      },
    },
    { ...about, value: { ...base(facts), standby: { message_echoes: [answer] } } },
  ];
}

/** What happens in several webhooks, in the order in which they are posted. */
const SCENES: Record<string, Scene> = {
  'call-missed': (facts) => call(facts, { status: 'FAILED' }),
  'call-declined': (facts) => call(facts, { status: 'REJECTED' }),
  'call-answered': (facts) =>
    call(facts, {
      status: 'COMPLETED',
      start_time: String(facts.now - 75),
      end_time: String(facts.now),
      duration: 75,
    }),
  'call-of-the-business': (facts) =>
    call(
      facts,
      { status: 'COMPLETED', start_time: String(facts.now - 60), end_time: String(facts.now), duration: 60 },
      true,
    ),
  'history-import': history,
  'history-declined': (facts) => [
    {
      field: 'history',
      value: {
        ...base(facts),
        history: [{ errors: [{ code: 2_593_109, title: 'History sync is turned off' }] }],
      },
    },
  ],
  'echo-edited': (facts) => {
    const id = wamid(facts, 'business');
    const said = { type: 'text', text: { body: 'Helo' } };
    const edit = { original_message_id: id, message: { type: 'text', text: { body: 'Hello' } } };
    return [echo(facts, { id, ...said }), echo(facts, { id: wamid(facts, 'business'), type: 'edit', edit })];
  },
  'agent-of-meta': (facts) => [handover(facts, 'control_taken', true), ...standby(facts)],
  'back-to-people': (facts) => [handover(facts, 'control_passed', false)],
  'unknown-field': (facts) => [{ field: 'field_of_tomorrow', value: { ...base(facts), news: [1] } }],
};

export const sceneNames = Object.keys(SCENES);

/** True when the person calls or writes in it, which opens the window. */
export function isOfClient(name: string): boolean {
  return ['call-missed', 'call-declined', 'call-answered', 'agent-of-meta'].includes(name);
}

/** The webhooks of a scene. @throws Error for a name that is not known */
export function sceneSteps(name: string, facts: FieldFacts): SceneStep[] {
  const scene = SCENES[name];
  if (scene === undefined) throw new Error(`There is no scene "${name}".`);
  return scene(facts);
}
