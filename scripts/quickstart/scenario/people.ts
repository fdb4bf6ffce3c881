/** A person, not a program: invited by mail, signed in, reads what was written, and answers. */
import { newPassword, ownerJoins } from '../people.ts';
import { expect, type Outcome } from '../report.ts';
import { type ConversationView, until } from '../rest.ts';
import { firstOf, ORDERS, person, type Story } from './story.ts';

const WORDS = 'This is the owner speaking 👋';

export async function personAnswers(story: Story): Promise<Outcome> {
  const { stack, phones } = story;
  const { id, conversationId } = firstOf(story);
  const owner = await ownerJoins(stack.gatewayUrl, newPassword());
  const me = await owner.get<{ caller: { kind: string; id: string }; pending: string[] }>('/v1/me');
  expect(me.caller.kind === 'person' && me.pending.length === 0, `still asked for: ${me.pending.join(', ')}`);
  const read = await owner.messages(conversationId);
  expect(
    read.some((message) => message.id === id),
    'the first message is not shown',
  );
  const sent = await owner.reply(conversationId, WORDS, 'once-owner');
  await until('the answer on the phone', async () => {
    const thread = await phones.thread(person(story, 0).id, ORDERS);
    return thread.find(({ content }) => content.body === WORDS);
  });
  const conversation = await owner.get<ConversationView>(`/v1/conversations/${conversationId}`);
  expect(conversation.assignee?.id === me.caller.id, `state ${conversation.state}`);
  return { seen: 'on the phone, assigned to them', stored: `messages/${sent.id}` };
}
