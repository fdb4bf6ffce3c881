/** What the steps of a scripted run share: the doors they use and what earlier steps left. */
import { NUMBERS } from '../demo-data.ts';
import type { Feed } from '../feed.ts';
import { expect } from '../report.ts';
import { type Api, type MessageView, type Person, type Phones, until } from '../rest.ts';
import type { Stack } from '../stack.ts';

export interface World {
  stack: Stack;
  phones: Phones;
  /** An agent of the business that is written to. */
  agent: Api;
  /** A key of another business. */
  stranger: Api;
  feed: Feed;
  people: Person[];
}

export interface Story extends World {
  /** The first message; later steps go on with its conversation. */
  first?: MessageView & { wamid: string };
  /** The agent's first answer. */
  reply?: MessageView;
}

export const ORDERS = NUMBERS[0].phoneNumberId;
export const SUPPORT = NUMBERS[1].phoneNumberId;

/** @throws when the step that should have made it failed */
export function firstOf(story: Story): MessageView & { wamid: string } {
  expect(story.first !== undefined, 'not tried: the first message is missing');
  return story.first;
}

export function person(story: Story, index: number): Person {
  const found = story.people[index];
  expect(found !== undefined, 'the simulator has too few people');
  return found;
}

/** The inbound message with this wamid, once REST shows it. */
export function arrived(story: Story, wamid: string): Promise<MessageView> {
  return until('the message in the REST interface', async () => {
    for (const { id } of (await story.agent.conversations()).items) {
      const found = (await story.agent.messages(id)).find((message) => message.wamid === wamid);
      if (found) return found;
    }
    return undefined;
  });
}
