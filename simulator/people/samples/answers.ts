import type { Sample } from './facts.ts';
import { ownOf, reply } from './facts.ts';

/** Taps, answers and what is done to earlier messages (Cloud API: webhooks, button, interactive, reaction, edit, revoke). */
export const answerSamples = {
  reaction: ({ quoted }) => ({ type: 'reaction', reaction: { message_id: quoted, emoji: '❤️' } }),
  reaction_removed: ({ quoted }) => ({ type: 'reaction', reaction: { message_id: quoted } }),
  reaction_emptied: ({ quoted }) => ({ type: 'reaction', reaction: { message_id: quoted, emoji: '' } }),
  button: (facts) => ({ ...reply(facts), type: 'button', button: { payload: 'STOP', text: 'Stop' } }),
  button_reply: (facts) => ({
    ...reply(facts),
    type: 'interactive',
    interactive: { type: 'button_reply', button_reply: { id: 'yes', title: 'Yes' } },
  }),
  list_reply: (facts) => ({
    ...reply(facts),
    type: 'interactive',
    interactive: {
      type: 'list_reply',
      list_reply: { id: 'row-1', title: 'Delivery', description: 'To your door' },
    },
  }),
  flow_reply: (facts) => ({
    ...reply(facts),
    type: 'interactive',
    interactive: {
      type: 'nfm_reply',
      nfm_reply: {
        name: 'flow',
        body: 'Sent',
        response_json: '{"flow_token":"unused","size":"M","colour":"כחול"}',
      },
    },
  }),
  flow_reply_broken: (facts) => ({
    ...reply(facts),
    type: 'interactive',
    interactive: {
      type: 'nfm_reply',
      nfm_reply: { name: 'flow', body: 'Sent', response_json: '"only text"' },
    },
  }),
  address_reply: (facts) => ({
    ...reply(facts),
    type: 'interactive',
    interactive: {
      type: 'nfm_reply',
      nfm_reply: {
        name: 'address_message',
        body: 'Herzl 1, Tel Aviv',
        response_json: '{"values":{"name":"Dana","address":"Herzl 1","city":"Tel Aviv"}}',
      },
    },
  }),
  call_permission: (facts) => ({
    ...reply(facts),
    type: 'interactive',
    interactive: {
      type: 'call_permission_reply',
      call_permission_reply: {
        response: 'accept',
        is_permanent: false,
        expiration_timestamp: 1_800_000_000,
        response_source: 'user_action',
      },
    },
  }),
  edit: (facts) => ({
    type: 'edit',
    edit: {
      original_message_id: ownOf(facts),
      message: { type: 'text', text: { body: 'What I meant: תודה!' } },
    },
  }),
  revoke: (facts) => ({ type: 'revoke', revoke: { original_message_id: ownOf(facts) } }),
} as const satisfies Record<string, Sample>;
