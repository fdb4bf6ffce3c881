/**
 * What `channel check` finds, in words: what each point is, what each finding means and what to do about it. The
 * console has the same keys in its languages. `{{name}}` stands for a value of the finding.
 */
const says = (means: string, todo = '') => ({ means, todo });

const MAKE_TOKEN =
  'Make a new token of a system user and give it: whatsper channel token --channel {{channelId}} --token -';

export const CHECK_POINTS = {
  channel: 'Channel',
  token: 'Access token',
  expiry: 'End of the token',
  scopes: 'Rights of the token',
  app: 'Meta app',
  account: 'WhatsApp Business Account',
  number: 'Number and account',
  registered: 'Registration',
  throughput: 'Throughput',
  quality: 'Quality',
  name: 'Display name',
  limit: 'Messaging limit',
  subscribed: 'Subscription',
  callback: 'Webhook address',
  handshake: 'Handshake',
  roundTrip: 'Round trip',
  send: 'Test message',
};

export const CHECK_FINDINGS = {
  channel: {
    active: says('The channel sends.'),
    paused: says(
      'The channel is paused and sends nothing: {{reason}}.',
      'Mend the cause (see the other points), then give the token again: whatsper channel token --channel {{channelId}} --token -',
    ),
  },
  token: {
    valid: says('Meta accepts the token.'),
    invalid: says('Meta does not accept the token: nothing can be sent.', MAKE_TOKEN),
    away: says(
      'Meta did not answer ({{cause}}).',
      'Check the network and GRAPH_API_URL, then run this again.',
    ),
    unsaid: says('Meta does not say what this token may do; the other points show whether it works.'),
  },
  expiry: {
    never: says('The token does not expire.'),
    later: says('The token expires on {{date}}; you are told 14, 7 and 1 days before.'),
    soon: says('The token expires on {{date}}, in {{days}} days.', MAKE_TOKEN),
    over: says('The token ended on {{date}}.', MAKE_TOKEN),
    unknown: says('Meta does not say when the token ends.'),
  },
  scopes: {
    whole: says('The token may send and manage.'),
    missing: says('The token lacks {{scopes}}.', MAKE_TOKEN),
    unknown: says('Meta does not say which rights the token has.'),
  },
  app: {
    available: says('Meta lets the app send: it is live.'),
    limited: says('Meta limits the app. {{words}}', 'Look at the app in the App Dashboard.'),
    blocked: says(
      'Meta does not let the app send. {{words}}',
      'Switch the app to live in the App Dashboard, and see what it asks for.',
    ),
    sandbox: says(
      'The number is a test number: it writes to five allowed numbers only.',
      'Connect a number of your own when you are done with testing.',
    ),
    unknown: says(
      'Meta does not say whether the app is live.',
      'Look into the App Dashboard: without live mode no webhooks come.',
    ),
  },
  account: {
    approved: says('Meta has approved the account, and lets it send.'),
    pending: says(
      'Meta has not reviewed the account yet ({{review}}).',
      'Wait; until then some features are closed.',
    ),
    limited: says('Meta limits the account. {{words}}', 'Do what Meta says in the WhatsApp Manager.'),
    blocked: says(
      'Meta has refused or blocked the account. {{words}}',
      'Ask for a review in Meta’s Business Support.',
    ),
    unknown: says('Meta does not say how the account stands.'),
  },
  number: {
    found: says('The token manages {{number}} in account {{wabaId}}.'),
    foreign: says(
      'The token does not see this number in its account.',
      'Assign the account to the system user of the token in the Business settings, or connect the number again.',
    ),
    refused: says('Meta refused: {{words}}', '{{todo}}'),
  },
  registered: {
    connected: says('The number is registered and connected.'),
    not: says(
      'The number is not connected ({{status}}).',
      'whatsper channel connect --tenant … --phone-number-id {{phoneNumberId}} --pin …',
    ),
    unknown: says('Meta does not say whether the number is registered.'),
  },
  throughput: {
    known: says('{{rate}} messages a second.'),
  },
  quality: {
    green: says('High.'),
    yellow: says(
      'Medium: clients have blocked or reported the number.',
      'Write less to people who do not answer, and only what they asked for.',
    ),
    red: says(
      'Low: Meta may restrict the number.',
      'Stop campaigns; look in the WhatsApp Manager which templates are reported.',
    ),
    unknown: says('Not rated yet.'),
  },
  name: {
    approved: says('{{name}}'),
    pending: says('{{name}} is not approved yet ({{status}}).', 'Wait for Meta’s review.'),
    refused: says(
      'Meta has refused the display name ({{status}}).',
      'Ask for another name in the WhatsApp Manager.',
    ),
    unknown: says('Meta does not say how the display name stands.'),
  },
  limit: {
    known: says(
      '{{limit}}: people reached outside a window in 24 hours, all numbers of the business together.',
    ),
    unknown: says('Meta does not say.'),
  },
  subscribed: {
    yes: says('The app hears of the account.'),
    no: says(
      'The app does not hear of the account: nothing that clients write comes here.',
      'whatsper channel connect --tenant … --phone-number-id {{phoneNumberId}}',
    ),
    unknown: says('Meta does not say.'),
  },
  callback: {
    ours: says('Webhooks go to {{url}}.'),
    other: says(
      'Webhooks go to {{url}}, and this installation is {{ours}}.',
      'whatsper channel connect --tenant … --phone-number-id {{phoneNumberId}}',
    ),
    unknown: says('Meta does not say where webhooks go.', 'It should be {{ours}}: see the App Dashboard.'),
    noAddress: says(
      'This installation does not know its public address. Webhooks go to {{url}}.',
      'Set BASE_URL to the public https address.',
    ),
  },
  handshake: {
    done: says('The address answers Meta’s question.'),
    refused: says(
      'The address answers {{status}} instead of the challenge.',
      'Is META_VERIFY_TOKEN the same in all processes, and does the address lead to this gateway?',
    ),
    silent: says(
      'The address does not answer ({{cause}}).',
      'Does the gateway run, and is the address reached from outside?',
    ),
    noToken: says('There is no verify token here.', 'Set META_VERIFY_TOKEN, or whatsper app verify-token.'),
    skipped: says('Not tried: the public address is not known.'),
  },
  roundTrip: {
    done: says(
      'A signed notification came in through the public address, and a wrongly signed one was refused.',
    ),
    refused: says(
      'A signed notification was answered {{status}}.',
      'Is META_APP_SECRET that of the Meta app? Does a proxy change what is posted?',
    ),
    open: says(
      'A wrongly signed notification was answered {{status}}, not 401.',
      'The address does not lead to this gateway.',
    ),
    silent: says(
      'The address does not answer ({{cause}}).',
      'Does the gateway run, and is the address reached from outside?',
    ),
    noSecret: says('There is no app secret here: webhooks are refused.', 'Set META_APP_SECRET.'),
    skipped: says('Not tried: the public address is not known.'),
  },
  send: {
    delivered: says('A test message was accepted, and its status came back: {{status}}.'),
    noStatus: says(
      'A test message was accepted, but no status came back within {{seconds}} seconds.',
      'See subscription, webhook address and round trip.',
    ),
    refused: says('Meta refused the test message: {{words}}', '{{todo}}'),
  },
};

export type PointName = keyof typeof CHECK_POINTS;

/** What a finding means and what to do, with its values in it. */
export function inWords(
  code: string,
  values: Record<string, string> = {},
): { title: string; means: string; todo: string | null } {
  const [point = '', finding = ''] = code.split('.');
  const known = (CHECK_FINDINGS as Record<string, Record<string, { means: string; todo: string }>>)[point]?.[
    finding
  ];
  const filled = (words: string) =>
    words.replaceAll(/\{\{(\w+)\}\}/g, (_all, name: string) => values[name] ?? '').trim();
  const todo = filled(known?.todo ?? '');
  return {
    title: CHECK_POINTS[point as PointName] ?? point,
    means: filled(known?.means ?? code),
    todo: todo === '' ? null : todo,
  };
}
