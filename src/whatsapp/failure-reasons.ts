/** Why a message failed, in words that an agent understands. */

/** Word by reason: title and detail for people. Stable: stored with messages and shown by the API. */
const REASONS = {
  'whatsapp-unavailable': [
    'WhatsApp was unavailable',
    'WhatsApp did not take the message because of a problem on its side. Send it again later.',
  ],
  'app-limit': [
    'Too many requests',
    'WhatsApp limits how often this installation may call it. Send it again later.',
  ],
  'account-limit': [
    'Too many requests',
    'WhatsApp limits how often this WhatsApp business account may call it. Send it again later.',
  ],
  'number-limit': [
    'Too many messages from this number',
    'This number reached the number of messages a second that WhatsApp allows. Send it again later.',
  ],
  'pair-limit': [
    'Too many messages to this client',
    'WhatsApp limits how fast one client may be written to. Wait a few minutes and send it again.',
  ],
  'spam-limit': [
    'Sending is restricted',
    'WhatsApp restricts this number because clients blocked or reported it. Ask an administrator before sending more.',
  ],
  'bad-request': [
    'WhatsApp did not understand the message',
    'A field of the message was not valid for WhatsApp. Sending it again unchanged will fail again.',
  ],
  'token-invalid': [
    'The channel is disconnected',
    'WhatsApp no longer accepts the access token of this number. An administrator must renew it.',
  ],
  'no-permission': [
    'The channel lacks a permission',
    'The access token of this number may not send messages. An administrator must check its permissions.',
  ],
  'account-restricted': [
    'The account is restricted',
    'WhatsApp restricted or locked the business account. An administrator must see to it in the business manager.',
  ],
  'other-app-has-control': [
    'Another app holds the conversation',
    'Another app of WhatsApp took this conversation over before the message was sent. Take control first, then send it again.',
  ],
  'number-unusable': [
    'The number can’t send',
    'The number is not registered with WhatsApp or was deleted. An administrator must register it again.',
  ],
  'payment-problem': [
    'Payment problem',
    'WhatsApp refused the message because of the payment method of the business account. Tell an administrator.',
  ],
  'not-deliverable': [
    'The client can’t be reached',
    'The number is not on WhatsApp, uses an old version, or has not accepted its terms. Try another way to reach them.',
  ],
  'own-number': ['The recipient is this number', 'A number can’t write to itself.'],
  'not-on-test-list': [
    'The client is not on the test list',
    'A test number may only write to numbers that were added to its list of recipients.',
  ],
  'client-blocked': [
    'The client is blocked',
    'This business blocked the client. Unblock them to write to them.',
  ],
  'country-not-allowed': [
    'The country is not allowed',
    'WhatsApp does not let this business write to clients in that country.',
  ],
  'marketing-refused': [
    'WhatsApp held the message back',
    'The client gets no more marketing for now: they stopped it, or had enough of it. Do not send it again today.',
  ],
  'marketing-stopped': [
    'The client wants no marketing',
    'The client stopped marketing from this number. Utility and authentication templates may be sent.',
  ],
  'window-closed': [
    'The 24-hour window is closed',
    'Free text may only be sent within 24 hours of the client’s last message. Send a template, or wait until they write.',
  ],
  'marketing-off': [
    'Marketing messages are not sent this way',
    'The business account sends marketing templates by the Marketing Messages API only.',
  ],
  'media-unusable': [
    'The file can’t be used',
    'WhatsApp could not fetch the file, or its kind or size is not allowed. Upload it again.',
  ],
  'template-mismatch': [
    'The template was filled in wrongly',
    'The values do not fit the template’s definition: their number, their form, or their length. Look at the template.',
  ],
  'template-missing': [
    'There is no such template',
    'The template does not exist in this language, or is not approved. Look at its state, and choose the exact language.',
  ],
  'template-policy': [
    'The template breaks WhatsApp’s rules',
    'WhatsApp refused the template’s content. Change it before sending it again.',
  ],
  'template-paused': [
    'The template is paused',
    'WhatsApp paused the template because clients did not like it. Wait until it is active again, or use another.',
  ],
  'template-disabled': ['The template is disabled', 'WhatsApp disabled the template for good. Use another.'],
  'template-limit': [
    'Templates are limited',
    'WhatsApp limits this account because templates were filed under the wrong category. Tell an administrator.',
  ],
  'flow-unavailable': [
    'The form can’t be sent',
    'WhatsApp blocked or slowed the form of this message. Tell an administrator.',
  ],
  'needs-phone': [
    'A phone number is needed',
    'This kind of template goes to phone numbers only, and the client’s is not known.',
  ],
  'payments-terms': [
    'Payments are not set up',
    'The terms of WhatsApp’s payments were not accepted. Tell an administrator.',
  ],
  'group-problem': [
    'The group did not take the message',
    'The group is suspended or unknown, or the members do not allow it.',
  ],
  'unsupported-type': ['Unsupported type', 'WhatsApp does not deliver this type of message to this client.'],
  'identity-changed': [
    'The client’s identity changed',
    'The client may have a new phone. Confirm who they are before you write again.',
  ],
  refused: [
    'WhatsApp refused the message',
    'WhatsApp refused the message for a reason that is not known here.',
  ],
  'not-sent': [
    'Not sent',
    'Someone decided that this message was not sent, after its outcome had stayed unknown.',
  ],
  'no-address': [
    'No address',
    'Neither a phone number nor a WhatsApp user id of the client is known. Wait until they write again.',
  ],
  erased: ['Erased', 'The client’s data was erased before the message was sent.'],
  'terms-missing': [
    'No terms are active',
    'The terms between this business and the operator of this installation have not begun, or have ended. Ask the operator.',
  ],
  'account-incomplete': [
    'The account is not complete',
    'Before this business may send, its owner names a privacy contact and the address of its privacy policy (Account, in the console).',
  ],
  'channel-removed': [
    'The channel was removed',
    'The number from which this was to be sent is no longer connected.',
  ],
} as const satisfies Record<string, readonly [title: string, detail: string]>;

export type FailureReason = keyof typeof REASONS;

/** What a reason means, for people; a word that is not ours is explained as `refused`. */
export function failureText(reason: string): { title: string; detail: string } {
  const [title, detail] = Object.hasOwn(REASONS, reason) ? REASONS[reason as FailureReason] : REASONS.refused;
  return { title, detail };
}
