/** Steps of the way out: what an agent answers, how it comes back as statuses, and what nobody else may see. */
import { expect, type Outcome } from '../report.ts';
import { type MessageView, type Page, until } from '../rest.ts';
import { firstOf, ORDERS, person, type Story } from './story.ts';

const REPLY = 'כן! Yes, until 22:00 🌙';

function untilRead(story: Story, id: string): Promise<MessageView> {
  return until('the status "read"', async () => {
    const message = await story.agent.get<MessageView>(`/v1/messages/${id}`);
    return message.status === 'read' ? message : undefined;
  });
}

/** How often the phones received this message of ours, by the simulator's own record. */
async function sendsOf(story: Story, id: string): Promise<number> {
  return (await story.phones.state()).receivedByCallbackData[id] ?? 0;
}

export async function answer(story: Story): Promise<Outcome> {
  const reply = await story.agent.reply(firstOf(story).conversationId, REPLY, 'once-reply');
  story.reply = reply;
  const { wamid } = await untilRead(story, reply.id);
  const thread = await story.phones.thread(person(story, 0).id, ORDERS);
  const shown = thread.filter((message) => message.wamid === wamid);
  expect(shown.length === 1 && shown[0]?.content.body === REPLY, `on the phone ${shown.length} times`);
  const sends = await sendsOf(story, reply.id);
  expect(sends === 1, `sent ${sends} times`);
  return { seen: `${reply.status}, then read`, stored: `messages/${reply.id}, statuses` };
}

export async function answerAgain(story: Story): Promise<Outcome> {
  const { conversationId } = firstOf(story);
  expect(story.reply !== undefined, 'not tried: the answer is missing');
  const again = await story.agent.reply(conversationId, REPLY, 'once-reply');
  expect(again.id === story.reply.id, 'another message');
  // The lane sends in order: once a later message has arrived, a second copy would have too.
  await untilRead(story, (await story.agent.reply(conversationId, 'Anything else?', 'once-other')).id);
  const sends = await sendsOf(story, again.id);
  expect(sends === 1, `sent ${sends} times`);
  return { seen: 'same message, sent once', stored: `messages/${again.id}` };
}

export async function reversedStatuses(story: Story): Promise<Outcome> {
  await story.phones.orderFault({ kind: 'reversedStatuses' });
  const { id } = await story.agent.reply(firstOf(story).conversationId, 'להתראות 👋', 'once-reversed');
  const steps = await until('all three statuses in the timeline', async () => {
    const { items } = await story.agent.get<Page<{ step: string }>>(`/v1/messages/${id}/timeline`);
    const names = items.map(({ step }) => step);
    const complete = ['sent', 'delivered', 'read'].every((status) =>
      names.some((name) => name.includes(status)),
    );
    return complete ? names : undefined;
  });
  const { status } = await story.agent.get<MessageView>(`/v1/messages/${id}`);
  expect(status === 'read', `status ${status}`);
  return { seen: `read, ${steps.length} steps in its timeline`, stored: `messages/${id}, statuses` };
}

export async function strangerLooks(story: Story): Promise<Outcome> {
  const { id, conversationId } = firstOf(story);
  const paths = [`/v1/messages/${id}`, `/v1/conversations/${conversationId}`];
  const answers = await Promise.all(paths.map((path) => story.stranger.ask(path)));
  const statuses = answers.map(({ status }) => status).join(', ');
  expect(
    answers.every(({ status }) => status === 404),
    `status ${statuses}`,
  );
  const { items } = await story.stranger.conversations();
  expect(items.length === 0, `${items.length} conversations listed`);
  return { seen: `${statuses}, nothing listed`, stored: '-' };
}
