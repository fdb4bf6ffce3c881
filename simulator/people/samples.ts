import type { ClientMessage } from '../webhooks/client-message.ts';
import { answerSamples } from './samples/answers.ts';
import type { Sample, SampleFacts } from './samples/facts.ts';
import { mediaSamples } from './samples/media.ts';
import { specialSamples } from './samples/special.ts';
import { wordSamples } from './samples/words.ts';

/** One example of each kind of message that a client may send (Cloud API: webhooks, messages), in groups for people. */
const GROUPS = {
  'Words, places, people, orders': wordSamples,
  Files: mediaSamples,
  'Answers, reactions, changes': answerSamples,
  'System, groups, what nobody supports': specialSamples,
} as const;

const SAMPLES = { ...wordSamples, ...mediaSamples, ...answerSamples, ...specialSamples } as const;

export type SampleName = keyof typeof SAMPLES;

export const sampleNames = Object.keys(SAMPLES) as SampleName[];

/** Headings with the names below them. */
export const sampleGroups: { title: string; names: string[] }[] = Object.entries(GROUPS).map(
  ([title, samples]) => ({ title, names: Object.keys(samples) }),
);

/** A fresh sample message. */
export function sampleMessage(name: SampleName, facts: SampleFacts): ClientMessage {
  const make: Sample = SAMPLES[name];
  return make(facts);
}
