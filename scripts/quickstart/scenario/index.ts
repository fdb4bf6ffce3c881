/** What `npm run quickstart -- --once` tries: each step goes in at one end and is looked at from the other. */
import { type Outcome, type Row, runStep } from '../report.ts';
import {
  duplicate,
  fiveInARow,
  forged,
  handshake,
  text,
  unknownNumber,
  unknownType,
  withoutPhone,
} from './inbound.ts';
import { answer, answerAgain, reversedStatuses, strangerLooks } from './outbound.ts';
import { personAnswers } from './people.ts';
import type { Story, World } from './story.ts';

export type { World } from './story.ts';

const STEPS: { step: string; expected: string; work: (story: Story) => Promise<Outcome> }[] = [
  { step: 'Meta verifies the callback address', expected: 'the challenge comes back', work: handshake },
  { step: 'a client writes a text', expected: 'kept word for word, told live', work: text },
  { step: 'Meta repeats it three times', expected: 'still one message', work: duplicate },
  { step: 'a client writes five in a row', expected: 'all five, in order', work: fiveInARow },
  { step: 'a message of an unknown type', expected: 'kept whole', work: unknownType },
  { step: 'a client without a phone number', expected: 'known by user id', work: withoutPhone },
  { step: 'a webhook with a wrong signature', expected: '401', work: forged },
  {
    step: 'a message for an unknown number',
    expected: '200, kept for the operator, alone',
    work: unknownNumber,
  },
  { step: 'an agent answers', expected: 'on the phone once, then read', work: answer },
  { step: 'the agent’s program repeats it', expected: 'same message, sent once', work: answerAgain },
  { step: 'statuses come in reverse order', expected: 'ends as read', work: reversedStatuses },
  {
    step: 'the owner joins by mail and answers',
    expected: 'on the phone; the conversation is theirs',
    work: personAnswers,
  },
  { step: 'another business looks', expected: '404, empty lists', work: strangerLooks },
];

/** Runs every step, also after one that failed. @returns a row for each */
export async function playScenario(world: World): Promise<Row[]> {
  const story: Story = { ...world };
  const rows: Row[] = [];
  for (const { step, expected, work } of STEPS) rows.push(await runStep(step, expected, () => work(story)));
  return rows;
}
