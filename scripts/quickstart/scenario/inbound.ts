/** Steps of the way in: what a client writes, and what a webhook may bring besides. */
import { expect, type Outcome } from '../report.ts';
import { until } from '../rest.ts';
import { arrived, firstOf, ORDERS, person, type Story, SUPPORT } from './story.ts';

const HEBREW_AND_ENGLISH = 'שלום, האם אתם פתוחים? Are you open at 9/10? 😊';

/** Milliseconds until the gateway answered 200. */
async function accepted(story: Story, deliveryId: string): Promise<number> {
  const delivery = await until('the answer to the webhook', async () => {
    const found = await story.phones.delivery(deliveryId);
    return found?.state === 'accepted' ? found : undefined;
  });
  return delivery.attempts.at(-1)?.milliseconds ?? 0;
}

export async function handshake({ phones }: Story): Promise<Outcome> {
  const { ok, status } = await phones.handshake();
  expect(ok, `status ${status}`);
  return { seen: 'challenge answered', stored: '-' };
}

export async function text(story: Story): Promise<Outcome> {
  const { wamid, deliveryId } = await story.phones.write(person(story, 0).id, ORDERS, HEBREW_AND_ENGLISH);
  const answeredIn = await accepted(story, deliveryId);
  const message = await arrived(story, wamid);
  story.first = { ...message, wamid };
  expect(message.content.body === HEBREW_AND_ENGLISH, 'another text');
  const event = await until('the live feed', async () => story.feed.received(message.id)[0]);
  return {
    seen: `200 after ${answeredIn} ms, same text, live`,
    stored: `messages/${message.id}, feed stream ${event.id}`,
  };
}

export async function duplicate(story: Story): Promise<Outcome> {
  const { id, wamid, conversationId } = firstOf(story);
  const client = person(story, 0).id;
  const again = await story.phones.write(client, ORDERS, HEBREW_AND_ENGLISH, { wamid, times: 3 });
  await accepted(story, again.deliveryId);
  // What was written after the repetitions is handled after them.
  await arrived(story, (await story.phones.write(client, ORDERS, 'after the repetitions')).wamid);
  const count = (await story.agent.messages(conversationId)).filter((one) => one.wamid === wamid).length;
  expect(count === 1, `${count} messages`);
  const told = story.feed.received(id).length;
  expect(told === 1, `told ${told} times`);
  return { seen: '1 message, told once', stored: `messages/${id}` };
}

export async function fiveInARow(story: Story): Promise<Outcome> {
  const { conversationId } = firstOf(story);
  const wamids: string[] = [];
  for (const index of [1, 2, 3, 4, 5]) {
    wamids.push((await story.phones.write(person(story, 0).id, ORDERS, `${index}/5`)).wamid);
  }
  await arrived(story, wamids.at(-1) ?? '');
  const newestFirst = await story.agent.messages(conversationId);
  const kept = newestFirst.filter(({ wamid }) => wamid !== null && wamids.includes(wamid)).reverse();
  const seen = kept.map(({ content }) => String(content.body)).join(' ');
  expect(kept.map(({ wamid }) => wamid).join() === wamids.join(), seen);
  return { seen, stored: `messages (5), conversations/${conversationId}` };
}

export async function unknownType(story: Story): Promise<Outcome> {
  const hologram = { id: '42', caption: 'מחר' };
  const sent = await story.phones.write(person(story, 3).id, SUPPORT, { type: 'hologram', hologram });
  const message = await arrived(story, sent.wamid);
  expect(message.type === 'hologram', `type ${message.type}`);
  expect(JSON.stringify(message.raw?.hologram) === JSON.stringify(hologram), 'the raw message is not whole');
  return { seen: 'type hologram, raw message whole', stored: `messages/${message.id}` };
}

export async function withoutPhone(story: Story): Promise<Outcome> {
  const { id, name } = person(story, 2);
  const { conversationId } = await arrived(story, (await story.phones.write(id, SUPPORT, 'בלי מספר')).wamid);
  const { items } = await story.agent.conversations();
  const contact = items.find((conversation) => conversation.id === conversationId)?.contact;
  expect(contact?.name === name && contact.phone === null, 'another contact, or one with a phone');
  return { seen: 'contact with a name and no phone', stored: `contacts, conversations/${conversationId}` };
}

interface DeadLetter {
  id: string;
  reason: string;
  phoneNumberId?: string;
}

const UNKNOWN_NUMBER = '999999999999999';
const FORGED_NUMBER = '999999999999998';

export async function forged(story: Story): Promise<Outcome> {
  const { attempts } = await story.phones.post(webhookFor(FORGED_NUMBER), `sha256=${'0'.repeat(64)}`);
  const status = attempts.at(-1)?.status;
  expect(status === 401, `status ${status}`);
  return { seen: '401', stored: '-' };
}

/** Comes after `forged`: had that one been kept, it would be among the dead letters too. */
export async function unknownNumber(story: Story): Promise<Outcome> {
  const { state, attempts } = await story.phones.post(webhookFor(UNKNOWN_NUMBER));
  expect(state === 'accepted', `status ${attempts.at(-1)?.status}`);
  const letters = await until('the dead letter', async () => {
    const { items } = await story.stack.cli<{ items: DeadLetter[] }>('dead-letters', 'list');
    return items.length > 0 ? items : undefined;
  });
  const seen = letters.map(({ reason, phoneNumberId }) => `${reason} ${phoneNumberId}`).join(', ');
  expect(seen === `unrouted ${UNKNOWN_NUMBER}`, `dead letters: ${seen}`);
  return { seen: '200, dead letter "unrouted"', stored: `deadLetters/${letters[0]?.id}` };
}

/** A text as Meta would post it, for a number that this installation does not have. */
function webhookFor(phoneNumberId: string): Record<string, unknown> {
  const from = '447700900199';
  const message = {
    from,
    id: `wamid.${Buffer.from(`${phoneNumberId}-${Date.now()}`).toString('base64')}`,
    timestamp: String(Math.floor(Date.now() / 1000)),
    type: 'text',
    text: { body: 'Is this the right number?' },
  };
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '442079460199', phone_number_id: phoneNumberId },
    contacts: [{ wa_id: from, profile: { name: 'Client E' } }],
    messages: [message],
  };
  return {
    object: 'whatsapp_business_account',
    entry: [{ id: '299999999999999', changes: [{ field: 'messages', value }] }],
  };
}
